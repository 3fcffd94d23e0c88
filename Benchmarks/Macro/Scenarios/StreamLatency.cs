using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>
/// How late rows come out of a job (a projection by text, a shuffle by key over two subtasks) at half of the rate that it can do, against the same at a hundredth of it. A row is
/// due at its number's time by the rate, so that a source which stalls counts as late rows.
/// </summary>
internal sealed class StreamLatency : Scenario
{
    private const long PeakRows = 4_000_000;
    private const double Share = 0.5;
    private const double IdleShare = 0.01;
    private static readonly TimeSpan RunFor = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _clock = TimeProvider.System;
    private EngineInstance? _engine;
    private double _peak;

    public override string Name => "stream-latency";

    public override string Question => "How late does a row come out of a job at half of its peak rate, at the 99th percentile?";

    public override string Unit => "ms";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "the same at a hundredth of the peak rate, ms";

    public override IReadOnlyDictionary<string, double> Facts => new Dictionary<string, double>(StringComparer.Ordinal) { ["peak_million_rows_per_s"] = _peak / 1e6 };

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, cancellationToken);
        await RunAsync(0, PeakRows, cancellationToken);
        var began = _clock.GetTimestamp();
        await RunAsync(0, PeakRows, cancellationToken);
        _peak = PeakRows / _clock.GetElapsedTime(began).TotalSeconds;
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var latencies = await RunAsync(_peak * Share, (long)(_peak * Share * RunFor.TotalSeconds), cancellationToken);
        return new Sample(At99(latencies), latencies);
    }

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) =>
        At99(await RunAsync(_peak * IdleShare, (long)(_peak * IdleShare * RunFor.TotalSeconds), cancellationToken));

    public override async ValueTask DisposeAsync()
    {
        if (_engine is { } engine)
        {
            await engine.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private static double At99(double[] latencies)
    {
        Array.Sort(latencies);
        return latencies[(int)(latencies.Length * 0.99)];
    }

    /// <summary>Runs the job.</summary>
    /// <returns>How late the last row of each batch was, in milliseconds; the first half second is left out.</returns>
    private async Task<double[]> RunAsync(double rate, long rows, CancellationToken cancellationToken)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"CREATE TABLE numbers WITH (connector = 'impulse', event_rate = '{rate:0}', message_count = '{rows}', event_time_interval_ms = '1', start_time_micros = '0'); CREATE TABLE nothing WITH (connector = 'blackhole'); INSERT INTO nothing SELECT counter + 0 AS counter FROM numbers");
        var program = Spread(await StreamPlanner.PlanAsync(text, new StreamPlanOptions { Parallelism = 1 }, cancellationToken));
        var lateness = new Lateness(_clock, rate);
        var operators = new OperatorRegistry().AddKnown().AddSql(_engine!).Add(Lateness.Kind, _ => new LatenessSink(lateness));
        using var state = new MemoryStateBackend();
        await using var runner = new LocalRunner(new StreamEngineSetup { Program = program, Operators = operators, State = state, Allocator = ArrowAllocator.Pooled });
        lateness.Begin();
        await runner.RunAsync(cancellationToken);
        return lateness.ToArray();
    }

    /// <summary>The sink measures, has two subtasks, and gets its rows by key.</summary>
    private static Protocol.Streaming.V1.Program Spread(Protocol.Streaming.V1.Program program)
    {
        var sink = program.Nodes.Single(node => node.Chain.Any(one => one.Kind == BlackholeSink.Kind));
        if (sink.Chain.Count > 1 || program.Edges.All(edge => edge.Target != sink.Id))
        {
            throw new InvalidOperationException("The plan of the job is not a source, a projection and a sink.");
        }

        (sink.Chain[0].Kind, sink.Parallelism) = (Lateness.Kind, 2);
        var edge = program.Edges.Single(edge => edge.Target == sink.Id);
        edge.Kind = EdgeKind.Shuffle;
        edge.KeyColumns.Add(0U);
        return program;
    }

    private sealed class Lateness(TimeProvider clock, double rate)
    {
        public const string Kind = "bench-lateness";
        private const double SkippedSeconds = 0.5;

        private readonly Lock _gate = new();
        private readonly List<double> _late = [];
        private long _began;

        public void Begin() => _began = clock.GetTimestamp();

        public void Add(long number)
        {
            if (rate == 0)
            {
                return;
            }

            // The source's clock begins when its subtask starts; what lies between is the same for all rows.
            var (elapsed, due) = (clock.GetElapsedTime(_began).TotalSeconds, number / rate);
            if (due > SkippedSeconds)
            {
                lock (_gate)
                {
                    _late.Add((elapsed - due) * 1_000);
                }
            }
        }

        public double[] ToArray() => [.. _late];
    }

    private sealed class LatenessSink(Lateness lateness) : StreamOperator
    {
        public override ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
        {
            using (batch)
            {
                lateness.Add(batch.Column<Int64Array>(0).Values[^1]);
            }

            return ValueTask.CompletedTask;
        }
    }
}
