"""The classical engine: functions of numbers and distributions, one noun a module, each with its source.

What it holds, from the simplest to the most: ``lot_size`` (economic order quantity, finite production rate),
``quantity_discounts``; ``losses`` (expected shortages) and ``newsvendor``; ``compound_demand`` (demand over a random
number of periods), ``safety_stock``, ``fill_rate``; the levels of the policies that the field knows by their letters,
``base_stock``, ``periodic_review`` (R, S), ``fixed_quantity`` (R, Q), ``reorder_levels`` (s, S); ``finite_horizon``;
``perishables``, ``just_in_time``; and several stages at once, ``serial_system`` and ``guaranteed_service``.

Nothing here knows a situation, a table or a config. Costs are per unit and period, times are in periods, and any other
period than the one that rates and times are stated in is a matter of the caller.
"""
