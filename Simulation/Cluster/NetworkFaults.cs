namespace OrleansFlow.Simulation.Cluster;

/// <summary>How badly the network behaves. Probabilities are per message, from 0 to 1.</summary>
internal sealed record NetworkFaults
{
    /// <summary>A network without faults.</summary>
    public static readonly NetworkFaults None = new();

    /// <summary>A message that never arrives. On a worker's stream this breaks the stream.</summary>
    public double Loss { get; init; }

    /// <summary>A message that is held up for <see cref="DelayMax"/> at most, and with it all that follow it on the same way.</summary>
    public double Delay { get; init; }

    /// <summary>A message that is held up alone, so that later ones overtake it.</summary>
    public double Straggle { get; init; }

    /// <summary>A message of a worker's stream that arrives twice, where the protocol allows repetitions.</summary>
    public double Repeat { get; init; }

    /// <summary>Longest time that a message is held up.</summary>
    public TimeSpan DelayMax { get; init; } = TimeSpan.FromSeconds(2);
}
