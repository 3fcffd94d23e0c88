using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Silo.Gateway.Flight;
using OrleansFlow.Silo.Hosting;
using Microsoft.Extensions.Options;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>Batches that one call sends and a statement reads: in a file for as long as the call lasts, so that their number costs no memory.</summary>
internal sealed class SpoolFolder(GatewayIdentity identity, IIdSource ids, IOptions<FlightGatewayOptions> options)
{
    private readonly string _folder = Path.Combine(identity.DataFolder, "spool");
    private readonly long _bytesMax = options.Value.UploadBytesMax;
    private readonly Lock _gate = new();
    private bool _prepared;

    /// <summary>Takes batches in. Dispose the result; the file goes with it.</summary>
    /// <exception cref="FlowException"><c>limit_exceeded</c>; <c>bad_input</c>; <c>store_unavailable</c>.</exception>
    public async Task<SpooledBatches> WriteAsync(string what, ArrowSchema schema, IAsyncEnumerable<FlightBatch> batches, CancellationToken cancellationToken)
    {
        Prepare();
        var path = Path.Combine(_folder, ids.NewId() + ".arrow");
        try
        {
            var receipt = await UploadFile.WriteAsync(path, what, schema, batches, _bytesMax, durable: false, cancellationToken);
            return new SpooledBatches(path, schema, receipt.Rows);
        }
        catch (Exception exception)
        {
            SpooledBatches.Delete(path);
            if (exception is IOException or UnauthorizedAccessException)
            {
                throw new FlowException(FlowErrorCode.StoreUnavailable, $"{what} could not be stored: {exception.Message}", exception);
            }

            throw;
        }
    }

    /// <summary>At first use: makes the folder and clears what a crash left. The data folder belongs to this process alone.</summary>
    private void Prepare()
    {
        lock (_gate)
        {
            if (_prepared)
            {
                return;
            }

            Directory.CreateDirectory(_folder);
            foreach (var left in Directory.EnumerateFiles(_folder))
            {
                SpooledBatches.Delete(left);
            }

            _prepared = true;
        }
    }
}

/// <summary>What one call sent.</summary>
internal sealed class SpooledBatches(string path, ArrowSchema schema, long rows) : IAsyncDisposable
{
    private static readonly IpcReadOptions ReadOptions = new() { Validate = false };

    /// <summary>The batches as a table of a statement.</summary>
    public SqlTable AsTable(SqlTableName name) => new(name, schema, rows, Open);

    public ValueTask DisposeAsync()
    {
        Delete(path);
        return ValueTask.CompletedTask;
    }

    internal static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next start clears the folder.
        }
    }

    private IReadOnlyList<RecordBatch> Open()
    {
        using var reader = ArrowFileReader.Open(path, ReadOptions);
        return [.. Enumerable.Range(0, reader.BatchCount).Select(reader.ReadBatch)];
    }
}
