-- Ends the claims of micro-batches that are done and admits the next one, in one call: the arrays of gate_settle, then those of
-- gate_admit, whose rows it returns.
CREATE FUNCTION gate_end_and_admit(
  p_ended_tenants text[], p_ended_sizes integer[], p_ended_keys uuid[], p_ended_fingerprints text[],
  p_ended_tokens uuid[], p_ended_receipts uuid[], p_ended_outcomes text[],
  p_tenants text[], p_sizes integer[], p_limits integer[], p_keys uuid[], p_fingerprints text[], p_tokens uuid[],
  p_receipts uuid[], p_lease_ms integer, p_window_ms bigint, p_at timestamptz DEFAULT NULL
) RETURNS TABLE (outcome text, place integer, receipt_id uuid, used integer, wait_ms integer)
LANGUAGE plpgsql AS $$
BEGIN
  -- The tenants of both before either, so that all calls take their locks in one order.
  PERFORM gate_lock_tenants(p_ended_tenants || p_tenants);
  PERFORM gate_settle(p_ended_tenants, p_ended_sizes, p_ended_keys, p_ended_fingerprints, p_ended_tokens, p_ended_receipts,
    p_ended_outcomes, p_window_ms, p_at);
  RETURN QUERY SELECT * FROM gate_admit(p_tenants, p_sizes, p_limits, p_keys, p_fingerprints, p_tokens, p_receipts,
    p_lease_ms, p_window_ms, p_at);
END $$;
