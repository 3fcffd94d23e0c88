using System.Threading.Channels;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Dataflow;

/// <summary>Lets batches through one by one; says when one waits.</summary>
internal sealed class BatchGate
{
    private readonly Channel<bool> _entered = Channel.CreateUnbounded<bool>();
    private readonly Channel<bool> _open = Channel.CreateUnbounded<bool>();
    private volatile bool _isOpenForEver;

    public List<long> Numbers { get; } = [];

    public List<Watermark> Marks { get; } = [];

    public int LetThrough => Numbers.Count;

    public void Open() => _open.Writer.TryWrite(true);

    public void OpenForEver() => _isOpenForEver = true;

    /// <summary>Ends when a batch waits, and counts it as seen.</summary>
    public async Task EnteredAsync() => await _entered.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>Ends when a batch waits that was not seen; of several calls none takes it from another one.</summary>
    public Task<bool> WaitsAsync() => _entered.Reader.WaitToReadAsync(TestContext.Current.CancellationToken).AsTask();

    /// <summary>Lets the batch through that waits.</summary>
    public void LetOneThrough()
    {
        if (_entered.Reader.TryRead(out _))
        {
            Open();
        }
    }

    public LambdaOperator Operator(bool goesOn) => new()
    {
        Process = async (batch, _, output, cancellationToken) =>
        {
            if (!_isOpenForEver)
            {
                _entered.Writer.TryWrite(true);
                try
                {
                    await _open.Reader.ReadAsync(cancellationToken);
                }
                catch
                {
                    batch.Dispose();
                    throw;
                }
            }

            if (goesOn)
            {
                await output.EmitAsync(batch, cancellationToken);
                return;
            }

            Numbers.Add(batch.Column<Int64Array>(0).Values[0]);
            batch.Dispose();
        },
        Watermarks = (watermark, output, cancellationToken) =>
        {
            if (goesOn)
            {
                return output.EmitWatermarkAsync(watermark, cancellationToken);
            }

            Marks.Add(watermark);
            return ValueTask.CompletedTask;
        },
    };
}
