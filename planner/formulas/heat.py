"""Formulas of heat and air."""

from __future__ import annotations

from planner.formulas.formula import Formula

HEAT = (
    Formula(
        "thermal_ladder",
        "Heat in a device",
        "C_i dT_i/dt = P_i + (T_(i-1) - T_i) / R_(i-1) + (T_(i+1) - T_i) / R_i; x(t) = A x(0) + B P, A = "
        "expm(-C^-1 G t), B = (I - A) G^-1 e",
        "Van Loan, Computing integrals involving the matrix exponential, IEEE Trans. Autom. Control 23, 1978",
        "Changes faster than a store's time constant; power and inlet stand still over a step.",
    ),
    Formula(
        "leakage",
        "Leakage power",
        "P = P0 exp(k (T - T0))",
        "De Vogeleer et al., arXiv:1404.3381, for the form",
        "Confirmed from 20 to 85 °C; k is 0.01 to 0.04 a kelvin (assumed).",
    ),
    Formula(
        "runaway_margin",
        "Margin to thermal runaway",
        "m = 1 - spectral radius of (R + D) dP_leak/dT",
        "Small-signal stability of the balance T = T_inlet + R P(T)",
        "Small changes around one temperature.",
    ),
    Formula(
        "step_wise_governor",
        "Throttling",
        "T >= trip: step + 1; T < trip - hysteresis: step - 1; once an epoch",
        "Linux thermal framework, step-wise governor",
        "Parts whose firmware regulates otherwise; one epoch is one poll (1 s on Jetson Orin).",
    ),
    Formula(
        "exhaust_balance",
        "Exhaust of the rack",
        "T_exhaust = T_inlet + Q / (rho cp V) = T_supply + Q / (rho cp (1 - r) V)",
        "Heat balance of the air stream; V passes the devices, a share r of it comes back",
        "Air stores no heat; the flow does not depend on the heat.",
    ),
    Formula(
        "even_recirculation",
        "Inlets that breathe a share of the exhaust",
        "T_inlet = T_supply + r (T_exhaust - T_supply)",
        "Sharma, Bash and Patel, AIAA 2002-3091 (r is the supply heat index)",
        "Inlets that differ: one share holds for all.",
    ),
    Formula(
        "cross_interference",
        "Inlets that breathe each other's exhaust",
        "T_in = T_supply + D P, D = (K - A^T K)^-1 - K^-1",
        "Tang, Mukherjee, Gupta and Cayton, ICISIP 2006; Tang, Gupta and Varsamopoulos, IEEE TPDS 19, 2008 "
        "(form from memory, checked against the mixing balance)",
        "Streams that change with the heat; air that is not steady.",
    ),
    Formula(
        "preheated_row",
        "Inlets of devices one behind another",
        "T_in,k = T_in,1 + sum of P_j, j < k, over rho cp V n / N",
        "Heat balance of one stream past n of N devices",
        "Streams that mix across a tray.",
    ),
    Formula(
        "air_density",
        "Density of air at an altitude",
        "rho = p / (287.05 T), p = 101325 (1 - 2.25577e-5 h)^5.25588",
        "ICAO standard atmosphere, ISO 2533",
        "Dry air up to 11 km.",
    ),
    Formula(
        "thin_air",
        "A device's resistance in thinner air",
        "R = R_stated (rho_0 / rho)^m, m = 0.5; that of its own fan where it has one",
        "Laminar flow past a plate, Nu = 0.664 Re^0.5 Pr^0.33 (Incropera and DeWitt)",
        "Resistance inside the device, which is taken along where the stores are not known.",
    ),
    Formula(
        "fan_curve",
        "Airflow of the fans",
        "V = n V0 / sqrt(1 + (k0 + k N) V0^2 / p0); V ~ n, dp ~ n^2, P ~ n^3",
        "Fan laws, AMCA 201-02",
        "Fans near stall; one kind of fan with a parabolic curve against turbulent resistance.",
    ),
    Formula(
        "climate_sine",
        "Outdoor air of the hottest day",
        "T(h) = mean + year + day cos(2 pi (h - h_max) / 24)",
        "A sine over the year and one over the day",
        "Hotter hours than a design year has.",
    ),
    Formula(
        "enclosure_store",
        "Inside of a closed cabinet that stores heat",
        "C dT/dt = Q - U A (T - T_ambient - Q_sun / U A), exactly over a step",
        "Heat balance of one well-mixed temperature",
        "Gear of very different temperatures; walls whose coefficient changes with the wind.",
    ),
    Formula(
        "steady_with_fan",
        "Where a device settles under its own fan",
        "T = T_inlet + R(n) (P + P_fan(n) + P_leak(T)), n = min {n: T < T_trip(n)}",
        "Heat balance of one device; fan laws",
        "A fan that hunts between two speeds is taken at the higher.",
    ),
    Formula(
        "throttle_probability",
        "Probability that a device throttles",
        "p = P(R / R_mid >= (T_throttle - T_in) / (T_die - T_in)), ln(R / R_mid) normal, 5 % beyond each end",
        "Proportion of rise and resistance; a lognormal with a width of its own for each half",
        "Power and inlet as planned; all devices of a plan alike.",
    ),
    Formula(
        "own_fan",
        "A device's own fan",
        "R = R_outer (f + (1 - f) / n^m), P = P_rated n^3",
        "Forced convection (m = 0.5 to 0.8, assumed) and fan laws, AMCA 201-02",
        "Still air; a fan that hunts between two levels is taken at the higher where it settles.",
    ),
    Formula(
        "sealed_cabinet",
        "Air in a closed cabinet",
        "Q + sun = U A (T_inside - T_ambient)",
        "Heat balance of the walls",
        "One well-mixed temperature; the cabinet stores heat only where its capacity is stated.",
    ),
    Formula(
        "liquid_loop",
        "Return of a liquid loop",
        "dT = Q / (rho cp V), water at 25 °C",
        "Heat balance of the stream",
        "Every cold plate gets the supply temperature; what stays in the air is a stated share.",
    ),
    Formula(
        "chilled_water_cop",
        "Chilled-water plant",
        "COP = 0.0068 T^2 + 0.0008 T + 0.458",
        "Moore, Chase, Ranganathan and Sharma, Making scheduling cool, USENIX ATC 2005 "
        "(coefficients from memory: assumed)",
        "Fitted to one plant; supplies of 10 to 32 °C.",
    ),
    Formula(
        "pue",
        "Power usage effectiveness",
        "PUE = (IT + fans + cooling + losses) / IT",
        "ISO/IEC 30134-2",
        "Power of one moment; the standard asks for energy over a year.",
    ),
    Formula(
        "inlet_class",
        "Inlets that equipment allows",
        "T_highest(h) = T_class - max(0, h - 900 m) / d",
        "ASHRAE TC 9.9, Equipment Thermal Guidelines, 2021 (derating from memory: assumed)",
        "Altitudes up to 3050 m; dry-bulb temperatures only.",
    ),
)
