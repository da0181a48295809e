"""Formulas that make answers of runs, and plans of answers."""

from __future__ import annotations

from planner.formulas.formula import Formula

COUNTS = (
    Formula(
        "quantile",
        "Percentile of latencies",
        "x_q = min{x: F(x) >= q}, lost requests at infinity",
        "Inverse of the empirical distribution function",
        "Fewer than 100 / (1 - q) requests; bins of the compiled engine are up to 1/64 wide.",
    ),
    Formula(
        "student_interval",
        "Interval over replications",
        "mean +- t(n - 1; (1 + level) / 2) s / sqrt(n)",
        "Student's t-interval for independent replications; Law, Simulation Modeling and Analysis, 5th ed.",
        "Two or three replications and skewed values; replications are independent, requests in one are not.",
    ),
    Formula(
        "divided_error",
        "Verdict looked at several times",
        "confidence of each look = 1 - 0.05 / looks",
        "Bonferroni's inequality",
        "Wider than needed: the looks share their replications.",
    ),
    Formula(
        "mser5",
        "End of the warm-up",
        "d = argmin sum(z_i - mean)^2 / (n - d)^2 over i > d, d <= n / 2; z: means of five",
        "White, Cobb and Spratt, 2000 (MSER-5)",
        "A cut near half of the series: it has not settled.",
    ),
    Formula(
        "little",
        "Little's law, a check of each run",
        "L = lambda W",
        "Little, 1961",
        "None: both accounts cover the same window, and what is left is rounding.",
    ),
    Formula(
        "utilisation_law",
        "Utilisation law, a check of each run",
        "U = X S",
        "Denning and Buzen, The operational analysis of queueing network models, "
        "ACM Computing Surveys 10(3), 1978",
        "None: both accounts cover the same window.",
    ),
    Formula(
        "energy_balance",
        "Energy and first law, checks of each run",
        "power x time = idle + leakage + fans + batches; heat in = heat carried + heat stored",
        "First law of thermodynamics",
        "None: both accounts cover the same window.",
    ),
)

PLAN = (
    Formula(
        "least_count",
        "Devices that keep the utilisation limit",
        "N = min{n: busy(n) <= limit}",
        "This project (planner/plan/sizing)",
        "A screen: the simulated rack decides on latency and heat.",
    ),
    Formula(
        "present_value",
        "Present value of the cost",
        "total = capital + sum over t of running(t) / (1 + r)^t - residual / (1 + r)^T",
        "Lines of cost: Rasmussen, Determining total cost of ownership for data center and network room "
        "infrastructure, APC white paper 6",
        "Labour, taxes, financing and decommissioning are not counted; purchases fall at the beginning of a "
        "year, the rest at its end.",
    ),
    Formula(
        "facility_energy",
        "Energy of a year",
        "E = P x year x PUE; price = sum of P(h) price(h) / sum of P(h)",
        "ISO/IEC 30134-2 for the PUE",
        "A PUE that changes with load or weather: one number holds for the year.",
    ),
    Formula(
        "tornado",
        "What the sum depends on",
        "C(x_i = low, high; x_j = planned, j != i)",
        "One-at-a-time sensitivity, this project (docs/money.md)",
        "Inputs that act together: see Monte Carlo of `planner cost`.",
    ),
    Formula(
        "availability",
        "Share of time that a device is up",
        "A = MTBF / (MTBF + MTTR); n of n + k up: binomial",
        "Trivedi, Probability and Statistics, 2nd ed., ch. 3",
        "Common causes, such as a supply or a cooling fault, which take all devices at once.",
    ),
    Formula(
        "rack_availability",
        "Availability: the share of time that every promise holds",
        "A_rack = P(needed of n + k up) - T_takeover x rate of failures that leave too few serving",
        "as for the availability of a device; the second term to first order in T_takeover n / MTBF",
        "Common causes; failures while a spare takes over; cold spares are taken to fail as often as others.",
    ),
    Formula(
        "installations",
        "Share of installations that keep the promise",
        "k of n kept: from B(error / 2; k, n - k + 1) to B(1 - error / 2; k + 1, n - k), B the beta quantile",
        "Clopper and Pearson, Biometrika 26, 1934",
        "Phases that are set on purpose, such as cameras started one after another.",
    ),
    Formula(
        "phases_of_many",
        "A quantile over installations of many devices, each with phases of its own",
        "q90 < m + k s, k = t'(n - 1, z90 sqrt(n); 0.95) / sqrt(n), m and s of n runs",
        "one-sided tolerance limit, Natrella, Experimental Statistics, NBS Handbook 91, 1963, table A-7",
        "Fewer than 32 devices, or sources that any device may serve: one set of phases decides for all.",
    ),
    Formula(
        "replacements",
        "What failures cost a year",
        "C = n price x year / (MTBF + MTTR)",
        "renewal theorem, Trivedi, Probability and Statistics, 2nd ed., ch. 6",
        "Parts that wear out or fail early: the rate of failures is taken as constant.",
    ),
    Formula(
        "arrhenius",
        "Failures at a warmer temperature",
        "factor = exp(E / k (1 / T_cool - 1 / T_warm))",
        "JEDEC JEP122; E is 0.3 to 0.7 eV (assumed)",
        "Solder, fans and connectors, which fail by cycles and dust.",
    ),
    Formula(
        "spares_pool",
        "Spares on a shelf that sites share",
        "X ~ Poisson(rate x turnaround); P(wait) = P(X >= s); EBO = E[(X - s)+]; wait = EBO / rate",
        "Feeney and Sherbrooke, Management Science 12, 1966; METRIC: Sherbrooke, Oper. Res. 16, 1968",
        "Few parts in all: those that wait do not fail. Failures that come together, as after a storm.",
    ),
)
