namespace OrleansFlow.Simulation;

/// <summary>What came of one simulated world.</summary>
/// <param name="Scenario">Name of the scenario.</param>
/// <param name="Seed">The seed; with the scenario it says everything.</param>
/// <param name="Violation">The rule that was broken, and how; null when all held.</param>
/// <param name="StepCount">Steps done.</param>
/// <param name="TurnCount">Turns of activations among them.</param>
/// <param name="VirtualTime">Time that passed in the world.</param>
/// <param name="Trace">Depends on every pick of every step: equal for equal worlds.</param>
/// <param name="History">What happened, line by line; empty when it was not asked for.</param>
public sealed record SimulationResult(
    string Scenario, ulong Seed, string? Violation, long StepCount, long TurnCount, TimeSpan VirtualTime, ulong Trace, IReadOnlyList<string> History)
{
    /// <summary>How often each kind of fault really happened.</summary>
    public IReadOnlyDictionary<FaultKind, int> Faults { get; init; } = new Dictionary<FaultKind, int>();
}
