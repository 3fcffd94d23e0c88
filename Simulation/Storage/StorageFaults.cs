namespace OrleansFlow.Simulation.Storage;

/// <summary>How badly the store behaves. Probabilities are per operation, from 0 to 1.</summary>
internal sealed record StorageFaults
{
    /// <summary>A store without faults.</summary>
    public static readonly StorageFaults None = new();

    /// <summary>An operation that fails and has had no effect.</summary>
    public double ErrorBefore { get; init; }

    /// <summary>A write that took effect although it is reported as failed.</summary>
    public double ErrorAfter { get; init; }

    /// <summary>An operation that takes up to <see cref="SlowMax"/>.</summary>
    public double Slow { get; init; }

    /// <summary>Longest time of an operation.</summary>
    public TimeSpan SlowMax { get; init; } = TimeSpan.FromSeconds(1);
}
