using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>One large batch decoded from memory that holds its IPC message, against copying its body once.</summary>
internal sealed class IpcDecode : Scenario
{
    private const int Rows = 1_000_000;
    private const int Repeats = 20_000;
    private const int Copies = 20;

    // The code is compiled to the end, and measured there, only after some hundred thousand calls.
    private const int WarmUpRounds = 20;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly IpcDecoder _decoder = new(new IpcReadOptions { Validate = false });
    private ArrowBuffer _body;
    private ArrowBuffer _target;
    private byte[] _metadata = [];

    public override string Name => "ipc-decode";

    public override string Question => $"How long does it take to decode an uncompressed batch of {Rows} rows from a trusted source (no validation)?";

    public override string Unit => "us/batch";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "memcpy of the same body, us";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        using var batch = IpcSample.Create(Rows, 0);
        using var encoder = new IpcEncoder(IpcSample.Schema);
        using (var schema = encoder.EncodeSchema())
        {
            _decoder.Decode(schema.Metadata, ArrowBuffer.Empty);
        }

        using var message = encoder.Encode(batch)[0];
        _metadata = message.Metadata.ToArray();
        _body = ArrowAllocator.Default.Allocate(message.BodyLength);
        _target = ArrowAllocator.Default.Allocate(message.BodyLength);
        var at = 0;
        foreach (var part in message.Body)
        {
            part.Span.CopyTo(_body.WritableSpan[at..]);
            at += part.Length;
        }

        for (var round = 0; round < WarmUpRounds; round++)
        {
            await MeasureAsync(cancellationToken);
        }
    }

    public override Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var rows = 0L;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var began = _clock.GetTimestamp();
        for (var i = 0; i < Repeats; i++)
        {
            using var batch = _decoder.Decode(_metadata, _body)!;
            rows += batch.RowCount;
        }

        var elapsed = _clock.GetElapsedTime(began).TotalMicroseconds;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        return rows == (long)Repeats * Rows
            ? Task.FromResult(new Sample(elapsed / Repeats, AllocatedBytesPerOperation: (double)allocated / Repeats))
            : throw new InvalidOperationException($"{rows} rows came back.");
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        for (var i = 0; i < Copies; i++)
        {
            _body.Span.CopyTo(_target.WritableSpan);
        }

        return Task.FromResult(_clock.GetElapsedTime(began).TotalMicroseconds / Copies);
    }

    public override ValueTask DisposeAsync()
    {
        _decoder.Dispose();
        _body.Release();
        _target.Release();
        return base.DisposeAsync();
    }
}
