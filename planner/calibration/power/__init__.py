"""System power fitted on the power logs of MLPerf Inference."""
