"""Derivatives made of derivatives: tangent programs, and derivative operators inside differentiated functions."""
