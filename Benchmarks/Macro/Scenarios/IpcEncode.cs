using System.Runtime.InteropServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Batches encoded as IPC messages whose bodies are copied into one buffer, against copying the same bytes.</summary>
internal sealed unsafe class IpcEncode : Scenario
{
    private const int BatchRows = 65_536;
    private const int BatchCount = 32;
    private const int Passes = 4;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly List<RecordBatch> _batches = [];
    private readonly List<ReadOnlyMemory<byte>[]> _bodies = [];
    private byte* _target;
    private long _bytes;

    public override string Name => "ipc-encode";

    public override string Question => $"How fast do batches of {BatchRows} rows become IPC messages with one copy, next to memcpy? (p50: without the copy)";

    public override string Unit => "GB/s";

    public override string BaselineName => "memcpy of the same buffers, GB/s";

    public override Task SetUpAsync(CancellationToken cancellationToken)
    {
        using var encoder = new IpcEncoder(IpcSample.Schema);
        for (var i = 0; i < BatchCount; i++)
        {
            _batches.Add(IpcSample.Create(BatchRows, i * BatchRows));
            using var message = encoder.Encode(_batches[i])[0];
            _bodies.Add([.. message.Body]);
            _bytes += message.BodyLength;
        }

        _target = (byte*)NativeMemory.AlignedAlloc((nuint)_bytes + 4096 * BatchCount, 64);
        return Task.CompletedTask;
    }

    public override Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        using var encoder = new IpcEncoder(IpcSample.Schema);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var began = _clock.GetTimestamp();
        for (var pass = 0; pass < Passes; pass++)
        {
            var at = _target;
            foreach (var batch in _batches)
            {
                using var message = encoder.Encode(batch)[0];
                at = Copy(message.Metadata, at);
                foreach (var part in message.Body)
                {
                    at = Copy(part, at);
                }
            }
        }

        var seconds = _clock.GetElapsedTime(began).TotalSeconds;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        return Task.FromResult(new Sample(Passes * _bytes / seconds / 1e9, Latencies(encoder), (double)allocated / (Passes * BatchCount)));
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        for (var pass = 0; pass < Passes; pass++)
        {
            var at = _target;
            foreach (var body in _bodies)
            {
                foreach (var part in body)
                {
                    at = Copy(part, at);
                }
            }
        }

        return Task.FromResult(Passes * _bytes / _clock.GetElapsedTime(began).TotalSeconds / 1e9);
    }

    public override ValueTask DisposeAsync()
    {
        _batches.ForEach(batch => batch.Dispose());
        NativeMemory.AlignedFree(_target);
        return base.DisposeAsync();
    }

    /// <summary>Milliseconds of encoding for scatter/gather: the bodies stay where they are.</summary>
    private double[] Latencies(IpcEncoder encoder)
    {
        var latencies = new double[BatchCount];
        for (var i = 0; i < BatchCount; i++)
        {
            var began = _clock.GetTimestamp();
            encoder.Encode(_batches[i])[0].Dispose();
            latencies[i] = _clock.GetElapsedTime(began).TotalMilliseconds;
        }

        return latencies;
    }

    private static byte* Copy(ReadOnlyMemory<byte> part, byte* target)
    {
        part.Span.CopyTo(new Span<byte>(target, part.Length));
        return target + part.Length;
    }
}
