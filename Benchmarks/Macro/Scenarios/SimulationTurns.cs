#if EMBEDDED_RUNTIME
using OrleansFlow.Benchmarks.Macro.Baselines;
using OrleansFlow.Simulation;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Simulated worlds of the lease scenario, one on each processor: making them, their faults and the checks included.</summary>
internal sealed class SimulationTurns : Scenario
{
    // Some seconds a round: the code of a world is compiled again and again while the first thousands of turns run.
    private const int Seeds = 1_000;
    private const int MailboxRoundTrips = 200_000;
    private readonly TimeProvider _clock = TimeProvider.System;

    public override string Name => "simulation-turns";

    public override string Question => "How many turns of simulated activations does a second hold?";

    public override string Unit => "turns/s";

    public override string BaselineName => "bare pooled mailbox round trips/s";

    public override Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var turns = 0L;
        var began = _clock.GetTimestamp();
        Parallel.For(0, Seeds, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken }, seed =>
        {
            var result = SimulationRunner.Run("leases", (ulong)seed);
            Interlocked.Add(ref turns, result.Violation is null ? result.TurnCount : throw new InvalidOperationException(result.Violation));
        });
        return Task.FromResult(new Sample(turns / _clock.GetElapsedTime(began).TotalSeconds));
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => PooledMailbox.PerSecondAsync(1, MailboxRoundTrips, _clock);
}
#endif
