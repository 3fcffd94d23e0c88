using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Macro.Streams;
using OrleansFlow.Engine;
using OrleansFlow.Streaming.Connectors.Nexmark;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A query of the Nexmark benchmark as a job inside one process, generator included, against a loop on one thread that generates the same batches and copies them.</summary>
/// <param name="query">Which query.</param>
internal sealed class Nexmark(int query) : Scenario
{
    public const int DefaultQuery = 1;
    private const int Events = 2_000_000;
    private const int BatchRows = 2_048;

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly Dictionary<string, double> _facts = new(StringComparer.Ordinal);
    private EngineInstance? _engine;
    private OrleansFlow.Protocol.Streaming.V1.Program? _program;

    public override string Name => "nexmark";

    public override string Question => string.Create(CultureInfo.InvariantCulture, $"How many events go through query q{query} of Nexmark in a second of one core, the generator included?");

    public override string Unit => "M events/s of a core";

    public override string BaselineName => "a bare loop that generates and copies the same batches, M events/s of a core";

    public override IReadOnlyDictionary<string, double> Facts => _facts;

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, cancellationToken);
        _program = await StreamPlanner.PlanAsync(
            NexmarkQueries.TextOf(query, Events) ?? throw new InvalidOperationException($"Query q{query} needs what streaming SQL does not have: a function over rows without a window."),
            new StreamPlanOptions { Parallelism = 1 }, cancellationToken);
        await MeasureAsync(cancellationToken);
        await MeasureBaselineAsync(cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        using var state = new MemoryStateBackend();
        var operators = new OperatorRegistry().AddKnown().AddSql(_engine!);
        await using var runner = new LocalRunner(new StreamEngineSetup { Program = _program!, Operators = operators, State = state, Allocator = ArrowAllocator.Pooled });
        var (cpu, began) = (Environment.CpuUsage.TotalTime, _clock.GetTimestamp());
        await runner.RunAsync(cancellationToken);
        _facts["million_events_per_s"] = Events / _clock.GetElapsedTime(began).TotalSeconds / 1e6;
        return new Sample(Rate(cpu));
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        var events = new NexmarkEvents(0);
        using var rows = new RecordBatchBuilder(NexmarkEvents.Schema, ArrowAllocator.Pooled);
        var all = Enumerable.Range(0, BatchRows).ToArray();
        var cpu = Environment.CpuUsage.TotalTime;
        for (var first = 0; first < Events; first += BatchRows)
        {
            var count = Math.Min(BatchRows, Events - first);
            for (var i = 0; i < count; i++)
            {
                events.Add(rows, first + i, (first + i) * 100L);
            }

            using var batch = rows.Build();
            using var copy = ArrowTake.Take(batch, all.AsSpan(0, count), ArrowAllocator.Pooled);
        }

        return Task.FromResult(Rate(cpu));
    }

    public override async ValueTask DisposeAsync()
    {
        if (_engine is { } engine)
        {
            await engine.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    /// <summary>By processor time, all threads together: the operators run beside the generator, so by the clock a job can beat the loop with two cores.</summary>
    private static double Rate(TimeSpan cpuBefore) => Events / (Environment.CpuUsage.TotalTime - cpuBefore).TotalSeconds / 1e6;
}
