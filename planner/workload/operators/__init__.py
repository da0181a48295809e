"""What each operator costs: shapes and attributes in, operations and moved elements out.

Conventions: one multiply-accumulate (MAC) is two operations; flops are 2 x MACs + other operations. Other
operations per element are weighted as in F. H. McMahon, "The Livermore Fortran Kernels" (UCRL-53745, 1986):
add, subtract, multiply, compare 1; divide and square root 4; exponential, logarithm, error and trigonometric
functions 8. Padding and dilation do not reduce the nominal MACs of a convolution.

Unless a rule says otherwise an operator reads every input element once and writes every output element once.
Views (`Reshape`, `Identity`, ...) move nothing. An operator without a rule is unresolved, never free.
"""
