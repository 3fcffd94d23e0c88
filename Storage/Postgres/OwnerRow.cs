namespace OrleansFlow.Storage.Postgres;

/// <summary>What the store says about its owner.</summary>
/// <param name="Owner">Who owns it; null: nobody.</param>
/// <param name="Epoch">How often it had a new owner.</param>
/// <param name="Heartbeat">Counted up by an owner that lives.</param>
internal readonly record struct OwnerRow(string? Owner, long Epoch, long Heartbeat);
