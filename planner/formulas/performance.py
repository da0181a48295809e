"""Formulas of latency, power and queues."""

from __future__ import annotations

from planner.formulas.formula import Formula

LATENCY = (
    Formula(
        "operations",
        "Work of a network",
        "ops = 2 MACs + sum(w x n); w = 1: +, x, compare; 4: divide, root; 8: exp, log, erf, sin",
        "McMahon, The Livermore Fortran Kernels, UCRL-53745, 1986, for the weights",
        "Padding and dilation are not subtracted; what could not be counted is listed, never zero.",
    ),
    Formula(
        "roofline",
        "Roofline of one kernel",
        "t_c = 2 MACs / peak + other / vector peak, t_m = bytes / bandwidth; low = max(t_c, t_m) + launch, "
        "high = t_c + t_m + launch",
        "Williams, Waterman and Patterson, Roofline: an insightful visual performance model, "
        "CACM 52(4), 2009",
        "No occupancy, tile size or cache: small kernels and depthwise convolutions take longer.",
    ),
    Formula(
        "datasheet_shortfall",
        "Planned latency of a roofline",
        "typical = mid x max(1, median(published / mid)); cautious = mid x p90(published / mid)",
        "This project: published measurements of the database (planner/latency/planning.py)",
        "Networks and parts that the published rows do not cover; below ten pairs the generic figures count.",
    ),
    Formula(
        "transferred_time",
        "Latency by a transferred model",
        "t = fixed + sum(launch + (compute^p + memory^p)^(1/p))",
        "This project: fitted on published measurements (docs/transfer.md)",
        "Products split over their depth, sparse weights, and networks that fall back to another unit.",
    ),
    Formula(
        "left_out_band",
        "Band of a transferred model",
        "end = m + t(n + 1) / z sqrt(1 + 1 / n) (q - m); m, q: median, quantile "
        "(log(measured / predicted)); n: groups left out",
        "Student's prediction interval for one group more; this project (docs/transfer.md)",
        "A part or family of networks unlike all of those that were left out.",
    ),
    Formula(
        "anchored_blend",
        "Estimate anchored on measurements",
        "shift = c^T (C + s^2 I)^-1 r, variance = v - c^T (C + s^2 I)^-1 c; C, c: covariances; r: "
        "log(measured / predicted)",
        "Henderson, Best linear unbiased estimation and prediction under a selection model, "
        "Biometrics 31, 1975",
        "Effects that multiply, such as a unit that is slow for one kind of layer alone.",
    ),
    Formula(
        "quoted_blend",
        "Roofline moved by networks that a part's sources quote",
        "log f = m + k (mean log(quoted / roofline) - m), k = B^2 / (B^2 + W^2 / n); B, W: deviations "
        "between units and between families of networks; m: median miss of the kind; n: families quoted",
        "The same blend with one effect, of the unit (Henderson 1975); benchmarks/seen_units.py",
        "Transformers, and engines that run most operators on their host.",
    ),
    Formula(
        "kernel_process",
        "Latency by a calibration",
        "log t = log(a + b MACs + c bytes) + g(shape), g ~ GP(0, Matern 5/2)",
        "Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, eq. 2.25, 2.26 and 4.17",
        "Shapes far from every probe: g returns to zero there and the band widens.",
    ),
    Formula(
        "link_transfer",
        "Transfers between a host and a part",
        "t = bytes / (lanes x rate x share) + overhead; interval = max(chip, busy); busy = max(in, out), or "
        "in + out where one waits for the other; another link than the measured one adds the difference",
        "PCI Express Base Specification and USB 2.0 and 3.0 for the rates; "
        "hardware_db/surroundings/links.yaml for shares and overheads",
        "Several devices on the same lanes, and hosts whose memory is slower than the link.",
    ),
    Formula(
        "split_latency",
        "Latency of a network cut between device and server",
        "t = t_device + round trip + bytes up / rate up + t_server + bytes down / rate down",
        "Kang and others, Neurosurgeon: collaborative intelligence between the cloud and mobile edge, "
        "ASPLOS 2017, for the idea",
        "Queues and other traffic on the link; kernels are those of the device's engine on both sides.",
    ),
    Formula(
        "part_power",
        "Power of a part while it serves",
        "P = idle + dynamic x share x partitions x (clock / top)^k x (1 - g gaps) "
        "x (standing + a arithmetic + t traffic) x threads^p",
        "Le Sueur and Heiser, Dynamic voltage and frequency scaling: the laws of diminishing returns, "
        "HotPower 2010, for the clock; fitted on MLPerf power logs and published watts (docs/power.md)",
        "Units that no family of the fit covers; never above the limit of the power mode.",
    ),
    Formula(
        "supply_curve",
        "Power at the plug for that at a board's input",
        "P_wall = P + 0.016 R + b P, R = 1.5 x limit of the board, b from the efficiency that R asks for",
        "10 CFR 430.32(w), level VI, and the European Code of Conduct on external power supplies, version 5, "
        "tier 2: both figures that a supply has to reach",
        "Supplies that are better than the rules ask for, or rated far above the load.",
    ),
    Formula(
        "sustained_clock",
        "Clock that a power limit allows for long",
        "c = ((limit - idle) / (demand - idle))^(1/k); arithmetic takes 1/c as long",
        "Le Sueur and Heiser, HotPower 2010, for the exponent k; this project (planner/latency/power/law.py)",
        "A sink that is too small bends a part further; the clock of a short run may itself be a mean.",
    ),
    Formula(
        "serving_power",
        "Power of a part that no fit covers",
        "P = idle + a (limit - idle), a = 0.5, 0.75, 1",
        "This project: a judgement (docs/power.md)",
        "It holds no probability; the limit of the power mode is taken as what the part may draw.",
    ),
    Formula(
        "energy_band",
        "Energy of one inference",
        "E = P t / batch; log deviations of P and t add as squares",
        "Propagation of independent errors in logarithms",
        "Errors of power and latency that go together; bands without a probability, whose ends multiply.",
    ),
)

LOAD = (
    Formula(
        "utilisation",
        "Offered utilisation",
        "rho = sum(rate x t(B) / B) / units",
        "Kleinrock, Queueing Systems I, 1975 (rho = rate x service / servers)",
        "Dispatch that does not share the load as well as it could be shared; mean rates, no bursts.",
    ),
    Formula(
        "unit_sharing",
        "Load shared among units of a device",
        "min z: sum(rate x time) <= z x units, each kind of unit",
        "Linear programme, this project (planner/rack/load/capacity.py)",
        "Full batches; a dispatch rule may share worse.",
    ),
    Formula(
        "pinned_placement",
        "Sources on devices of their own",
        "heaviest first, each to the unit least loaded with it: busiest <= (4/3 - 1/(3 n)) x best",
        "Graham, SIAM J. Appl. Math. 17, 1969",
        "Loads are means with full batches; a source that changes its rate keeps its device.",
    ),
    Formula(
        "batch_fill",
        "Mean size of a batch",
        "b = min(B, max(1, 1 + rate x wait, rate x sum of t(b)))",
        "Fluid approximation, this project (planner/rack/load/expected.py)",
        "Chance in the arrivals; used for sizing and starting temperatures, the simulation counts batches.",
    ),
    Formula(
        "service_variation",
        "Service times with memory",
        "log f = s (sqrt(a) x + sqrt(b) y + sqrt(c) u + sqrt(1 - a - b - c) e) - s^2 / 2; x, y, u: AR(1) of "
        "variance one, u of all units; s^2 = log(1 + cv^2)",
        "Gaussian process of log service, this project (planner/rack/load/service_variation.py)",
        "Disturbances that last while a server idles, and batches that take longer behind a pause.",
    ),
    Formula(
        "blind_misses",
        "Service time of a network on a calibrated machine",
        "t = c x estimate, log deviation^2 = (k s)^2 + r^2; log c: mean log(served / estimate) of n; "
        "k = t(n - 1) / z sqrt(mean((miss left out / s)^2)); s, r: deviation within and between sittings",
        "Leave-one-out prediction, this project (planner/plan/serving/blind.py)",
        "Networks of a kind that none of those served was, and a machine that is at other work later.",
    ),
    Formula(
        "contention",
        "Units at one memory",
        "busy = alone x (1 + c x busy)",
        "Mean-field approximation, this project (planner/rack/load/expected.py)",
        "Networks that differ in what they ask of the memory: c is one number for all.",
    ),
    Formula(
        "clock_slowdown",
        "Service time at a lower clock",
        "t(c) = t(1) (s / c + 1 - s); s: computing share of t(1)",
        "Both terms of the roofline (Williams, Waterman and Patterson, CACM 52(4), 2009)",
        "Parts whose memory clock falls with the core's.",
    ),
    Formula(
        "clock_power",
        "Power above idle at a lower clock",
        "P(c) = P(1) c^k",
        "Le Sueur and Heiser, Dynamic voltage and frequency scaling: the laws of diminishing returns, "
        "HotPower 2010",
        "k lies between one (frequency alone) and three (voltage in proportion); it is a setting, not a fit.",
    ),
    Formula(
        "erlang",
        "Waiting for one of several servers, M/M/c and M/M/c/K",
        "B(n) = a B(n-1) / (n + a B(n-1)); C = B / (1 - rho (1 - B)); W = C / (servers / S - rate)",
        "Kleinrock, Queueing Systems I, 1975",
        "Poisson arrivals, exponential service, steady state; without a limit of the queue rho < 1.",
    ),
    Formula(
        "md1_wait",
        "Wait of M/D/1 within a time",
        "P(W <= t) = sum over j = 0..k of Q(k - j) Poisson(j; rate x u), k = floor(t / S), u = (k + 1) S - t",
        "Franx, A simple solution for the M/D/c waiting time distribution, Oper. Res. Lett. 29, 2001; "
        "Erlang, 1909",
        "Poisson arrivals, one server, constant service, rho < 1.",
    ),
    Formula(
        "pollaczek_khinchine",
        "Mean wait of M/G/1",
        "W = rho S (1 + cv^2) / (2 (1 - rho))",
        "Pollaczek-Khinchine; Kleinrock, Queueing Systems I, 1975",
        "Poisson arrivals, one server, rho < 1; says nothing of the tail.",
    ),
    Formula(
        "kingman",
        "Bound on the mean wait of G/G/1",
        "W <= rate (var of gaps + var of service) / (2 (1 - rho))",
        "Kingman, 1962",
        "Independent gaps and services; far above the truth at light load.",
    ),
    Formula(
        "allen_cunneen",
        "Mean wait of G/G/c",
        "W = (ca^2 + cs^2) / 2 x W of M/M/c",
        "Allen and Cunneen",
        "An approximation; batches and correlated arrivals are outside of it.",
    ),
    Formula(
        "periodic_sum",
        "Wait behind periodic sources, sum of D/D/1",
        "P(W > t) = sum over n > t of C(N - 1, n) ((n - t)/D)^n (1 - (n - t)/D)^(N-1-n) "
        "(D - N + 1 + t) / (D - n + t)",
        "Roberts and Virtamo, The superposition of periodic cell arrival streams in an ATM multiplexer, "
        "IEEE Trans. Commun. 39, 1991",
        "Equal periods, random phases, one server, constant service.",
    ),
    Formula(
        "knee",
        "Knee of throughput over concurrency",
        "X(n) = min(r n, R); knee n* = R / r",
        "Denning and Buzen, The operational analysis of queueing network models, "
        "ACM Computing Surveys 10(3), 1978",
        "A gradual saturation; rows whose requests in flight do not agree with Little's law are named.",
    ),
)
