using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Flight;

/// <summary>
/// Gives the batches that a ticket <c>COUNT/ROWS</c> asks for, made when they are asked for out of counted memory, one column of integers
/// each; takes uploads and says how many rows came and what their sum is.
/// </summary>
internal sealed class CountedProducer(ArrowAllocator allocator) : IFlightProducer
{
    public static readonly ArrowSchema Schema = new(new ArrowField("n", ArrowType.Int64, isNullable: false));

    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _batchesMade;
    private int _awaited = int.MaxValue;

    /// <summary>Batches of this many rows are counted; others pass uncounted.</summary>
    public int CountedRows { get; init; }

    public int BatchesMade => Volatile.Read(ref _batchesMade);

    /// <summary>Ends when so many batches were asked for. Call it before they are.</summary>
    public Task WhenMadeAsync(int batches)
    {
        _awaited = batches;
        return _reached.Task;
    }

    public static unsafe RecordBatch Make(long first, int rows, ArrowAllocator allocator)
    {
        var values = allocator.Allocate((long)rows * sizeof(long));
        var numbers = new Span<long>(values.Pointer, rows);
        for (var row = 0; row < rows; row++)
        {
            numbers[row] = first + row;
        }

        var column = ArrowArray.Create(new ArrowArrayData { Type = ArrowType.Int64, Length = rows, NullCount = 0, Buffers = [ArrowBuffer.Empty, values] });
        return new RecordBatch(Schema, [column], rows);
    }

    public Task<FlightStream> DoGetAsync(FlightTicket ticket, RpcServerContext context)
    {
        var parts = ticket.AsText().Split('/');
        return Task.FromResult(new FlightStream(
            Schema, BatchesAsync(int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture))));
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> DoPutAsync(
        FlightDescriptor descriptor, ArrowSchema schema, IAsyncEnumerable<FlightBatch> batches, RpcServerContext context)
    {
        await foreach (var element in batches)
        {
            using var batch = element.Batch!;
            var values = batch.Column<Int64Array>(0).Values;
            yield return System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{batch.RowCount} {values[0]} {values[^1]}"));
        }
    }

    private async IAsyncEnumerable<RecordBatch> BatchesAsync(int count, int rows)
    {
        await Task.CompletedTask;
        for (var index = 0; index < count; index++)
        {
            if (rows == CountedRows && Interlocked.Increment(ref _batchesMade) == _awaited)
            {
                _reached.SetResult();
            }

            yield return Make((long)index * rows, rows, allocator);
        }
    }
}
