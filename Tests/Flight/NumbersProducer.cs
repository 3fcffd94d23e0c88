using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Flight;

/// <summary>
/// Offers <c>numbers/N</c> (N batches of <see cref="RowsPerBatch"/> rows), the ticket <c>endless</c>, uploads under
/// <c>upload/NAME</c>, an exchange that gives back what it gets, and the action <c>echo</c>.
/// </summary>
internal sealed class NumbersProducer(ArrowAllocator allocator) : IFlightProducer, IDisposable
{
    public const int RowsPerBatch = 1000;

    public static readonly ArrowSchema Schema = new(
        new ArrowField("id", ArrowType.Int64, isNullable: false),
        new ArrowField("name", ArrowType.Utf8),
        new ArrowField("value", ArrowType.Float64));

    private readonly ConcurrentDictionary<string, (ArrowSchema Schema, List<RecordBatch> Batches)> _uploads = new();
    private readonly TaskCompletionSource _endlessEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _putBegun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _putEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the enumeration of an endless ticket was disposed.</summary>
    public Task EndlessEnded => _endlessEnded.Task;

    /// <summary>Ends when the first batch of an upload has come.</summary>
    public Task PutBegun => _putBegun.Task;

    /// <summary>Ends when an upload ended, well or not.</summary>
    public Task PutEnded => _putEnded.Task;

    /// <summary>Row i has id i, the name "n" + i (null where i is a multiple of 7) and the value i / 2.</summary>
    public static RecordBatch MakeBatch(long firstId, int rowCount, ArrowAllocator allocator)
    {
        using var builder = new RecordBatchBuilder(Schema, allocator);
        for (var id = firstId; id < firstId + rowCount; id++)
        {
            builder.AppendRow(id, id % 7 == 0 ? null : $"n{id}", id / 2.0);
        }

        return builder.Build();
    }

    public async IAsyncEnumerable<FlightInfo> ListFlightsAsync(ReadOnlyMemory<byte> criteria, RpcServerContext context)
    {
        await Task.Yield();
        foreach (var batches in (int[])[1, 3])
        {
            if (criteria.IsEmpty || Encoding.UTF8.GetString(criteria.Span) == $"{batches}")
            {
                yield return NumbersInfo(batches);
            }
        }
    }

    public Task<FlightInfo> GetFlightInfoAsync(FlightDescriptor descriptor, RpcServerContext context) => descriptor.Path switch
    {
        ["numbers", var count] when int.TryParse(count, out var batches) => Task.FromResult(NumbersInfo(batches)),
        ["upload", var name] when _uploads.TryGetValue(name, out var upload) => Task.FromResult(new FlightInfo
        {
            Schema = upload.Schema,
            Descriptor = descriptor,
            Endpoints = [new FlightEndpoint(FlightTicket.FromText($"upload/{name}"))],
            TotalRecords = upload.Batches.Sum(batch => (long)batch.RowCount),
        }),
        _ => throw new RpcException(RpcStatusCode.NotFound, $"There is no flight '{descriptor}'."),
    };

    public Task<FlightStream> DoGetAsync(FlightTicket ticket, RpcServerContext context) => ticket.AsText().Split('/') switch
    {
        ["numbers", var count] when int.TryParse(count, out var batches) =>
            Task.FromResult(new FlightStream(Schema, NumbersAsync(batches))),
        ["endless"] => Task.FromResult(new FlightStream(Schema, EndlessAsync())),
        ["broken"] => Task.FromResult(new FlightStream(Schema, BrokenAsync())),
        ["upload", var name] when _uploads.TryGetValue(name, out var upload) =>
            Task.FromResult(new FlightStream(upload.Schema, ReplayAsync(upload.Batches))),
        _ => throw new RpcException(RpcStatusCode.InvalidArgument, $"The {ticket} is none of this server's."),
    };

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> DoPutAsync(
        FlightDescriptor descriptor, ArrowSchema schema, IAsyncEnumerable<FlightBatch> batches, RpcServerContext context)
    {
        var kept = new List<RecordBatch>();
        var name = descriptor.Path![1];
        if (name == "refused")
        {
            throw new RpcException(RpcStatusCode.PermissionDenied, "This name is not for uploads.");
        }

        try
        {
            await foreach (var element in batches)
            {
                _putBegun.TrySetResult();
                if (element.Batch is { } batch)
                {
                    kept.Add(batch);
                    yield return Encoding.UTF8.GetBytes($"{batch.RowCount}{Encoding.UTF8.GetString(element.AppMetadata.Span)}");
                }
            }

            _uploads[name] = (schema, kept);
            kept = [];
        }
        finally
        {
            kept.ForEach(batch => batch.Dispose());
            _putEnded.TrySetResult();
        }
    }

    public Task<FlightStream> DoExchangeAsync(
        FlightDescriptor descriptor, ArrowSchema? schema, IAsyncEnumerable<FlightBatch> batches, RpcServerContext context) =>
        Task.FromResult(new FlightStream(schema!, batches));

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> DoActionAsync(FlightAction action, RpcServerContext context)
    {
        await Task.Yield();
        if (action.Type != "echo")
        {
            throw new RpcException(RpcStatusCode.InvalidArgument, $"There is no action '{action.Type}'; there is echo.");
        }

        yield return action.Body;
        yield return Encoding.UTF8.GetBytes("again");
    }

    public async IAsyncEnumerable<FlightActionType> ListActionsAsync(RpcServerContext context)
    {
        await Task.Yield();
        yield return new FlightActionType("echo", "Gives the body back, twice");
    }

    public void Dispose()
    {
        foreach (var (_, batches) in _uploads.Values)
        {
            batches.ForEach(batch => batch.Dispose());
        }
    }

    private static FlightInfo NumbersInfo(int batches) => new()
    {
        Schema = Schema,
        Descriptor = FlightDescriptor.ForPath("numbers", $"{batches}"),
        Endpoints = [new FlightEndpoint(FlightTicket.FromText($"numbers/{batches}"), ["grpc+tcp://elsewhere:1"], DateTimeOffset.UnixEpoch.AddDays(1))],
        TotalRecords = (long)batches * RowsPerBatch,
        TotalBytes = 42,
        IsOrdered = true,
        AppMetadata = new byte[] { 7 },
    };

    private async IAsyncEnumerable<FlightBatch> NumbersAsync(int batches)
    {
        await Task.Yield();
        for (var index = 0; index < batches; index++)
        {
            yield return new FlightBatch(MakeBatch(index * RowsPerBatch, RowsPerBatch, allocator), new byte[] { (byte)index });
        }
    }

    private async IAsyncEnumerable<RecordBatch> EndlessAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            for (var index = 0L; !cancellationToken.IsCancellationRequested; index++)
            {
                await Task.Yield();
                yield return MakeBatch(index * RowsPerBatch, RowsPerBatch, allocator);
            }
        }
        finally
        {
            _endlessEnded.TrySetResult();
        }
    }

    private async IAsyncEnumerable<RecordBatch> BrokenAsync()
    {
        yield return MakeBatch(0, RowsPerBatch, allocator);
        await Task.Yield();
        throw new RpcException(RpcStatusCode.DataLoss, "The second batch is gone.");
    }

    private static async IAsyncEnumerable<RecordBatch> ReplayAsync(IReadOnlyList<RecordBatch> batches)
    {
        await Task.Yield();
        foreach (var batch in batches)
        {
            yield return batch.Retain();
        }
    }
}
