using OrleansFlow.Benchmarks.Macro.Streams;
using OrleansFlow.Engine;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A checkpoint of a job with much state that all changed, while rows go on at full speed, against a plain write of the changed state with one fsync.</summary>
/// <param name="stateMegabytes">Bytes of state to write, in 10^6.</param>
internal sealed class StreamCheckpoint(int stateMegabytes) : Scenario
{
    public const int DefaultStateMegabytes = 200;
    public const int StateMegabytesMax = 4_000;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly Dictionary<string, double> _facts = new(StringComparer.Ordinal);
    private ScratchFolder? _scratch;
    private EngineInstance? _engine;
    private int _round;
    private long _changedBytes;

    public override string Name => "checkpoint";

    public override string Question => $"How long does a checkpoint of {stateMegabytes} MB of changed state take, while rows go on?";

    public override string Unit => "s";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "a plain write of the changed state, keys, counts and windows, with one fsync, s";

    public override string? Durability => "fsync of every file";

    public override IReadOnlyDictionary<string, double> Facts => _facts;

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _scratch = new ScratchFolder();
        _engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, cancellationToken);
        await MeasureAsync(cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var folder = Path.Combine(_scratch!.Path, $"job-{++_round}");
        var keys = stateMegabytes * 1_000_000L / SteadyJob.BytesPerKey;
        await using var job = await SteadyJob.OpenAsync(folder, _engine!, keys, 0, cancellationToken);
        await job.SentAsync(keys, cancellationToken);
        await job.CheckpointAsync(cancellationToken);
        await job.SentAsync(job.SentCount + keys + keys / 8, cancellationToken);
        var (sent, began) = (job.SentCount, _clock.GetTimestamp());
        await Task.Delay(Look, _clock, cancellationToken);
        var before = (job.SentCount - sent) / _clock.GetElapsedTime(began).TotalSeconds;

        (sent, began) = (job.SentCount, _clock.GetTimestamp());
        var (rows, bytes) = await job.CheckpointAsync(cancellationToken);
        var time = _clock.GetElapsedTime(began);
        if (Look - time is var rest && rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, _clock, cancellationToken);
        }

        // Over a second at least: a stop of a few hundredths is a wait, and not a rate.
        _facts["rate_of_before"] = (job.SentCount - sent) / _clock.GetElapsedTime(began).TotalSeconds / before;
        _changedBytes = rows * SteadyJob.BytesPerKey;
        _facts["mb_changed"] = _changedBytes / 1e6;
        _facts["mb_written"] = bytes / 1e6;
        return new Sample(time.TotalSeconds);
    }

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        var block = new byte[1 << 20];
        new Random(1).NextBytes(block);
        var path = Path.Combine(_scratch!.Path, "plain");
        var began = _clock.GetTimestamp();
        await using (var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous }))
        {
            for (var left = _changedBytes; left > 0; left -= block.Length)
            {
                await file.WriteAsync(block.AsMemory(0, (int)Math.Min(left, block.Length)), cancellationToken);
            }

            file.Flush(flushToDisk: true);
        }

        var time = _clock.GetElapsedTime(began).TotalSeconds;
        File.Delete(path);
        return time;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_engine is { } engine)
        {
            await engine.DisposeAsync();
        }

        _scratch?.Dispose();
        await base.DisposeAsync();
    }
}
