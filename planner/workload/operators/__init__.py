"""What each operator costs: shapes and attributes in, operations and moved elements out.

Conventions: one multiply-accumulate (MAC) is two operations; flops are 2 x MACs + other operations. Other
operations per element are weighted as in F. H. McMahon, "The Livermore Fortran Kernels" (UCRL-53745, 1986):
add, subtract, multiply, compare 1; divide and square root 4; exponential, logarithm, error and trigonometric
functions 8. Padding and dilation do not reduce the nominal MACs of a convolution.

Unless a rule says otherwise an operator reads every input element once and writes every output element once.
Views (`Reshape`, `Identity`, ...) move nothing. An operator without a rule is unresolved, never free.

A sequence is the elements of all its tensors. A string moves as a reference of 16 bytes, and an operator on
it costs 1 per string, as no file says how long texts are. Numbers packed several to a byte are counted one
by one and moved as the bytes they take. Attention with a cache reads the keys and values it attends to and
writes the new ones. Numbers in attributes (trees, linear models) are weights of four bytes. Padded
channels of a blocked layout are computed and counted.

In: a node with the shapes, types and small values of its inputs.
Out: the `Count` of one operator, or the reason why it has none.
"""
