using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Flight;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>Uploads as flights.</summary>
internal sealed class UploadFlights(UploadStore uploads, FlightTickets tickets)
{
    // Each name costs opening its file.
    private const int ListedMax = 1_000;

    /// <summary>What there is to know about an upload.</summary>
    /// <exception cref="OrleansFlow.Errors.FlowException"><c>not_found</c>.</exception>
    public FlightInfo GetInfo(FlightPath path)
    {
        using var reader = uploads.Open(path.Name);
        var rows = 0L;
        for (var index = 0; index < reader.BatchCount; index++)
        {
            using var batch = reader.ReadBatch(index);
            rows += batch.RowCount;
        }

        return new FlightInfo
        {
            Schema = reader.Schema,
            Descriptor = path.Descriptor,
            Endpoints = [tickets.Endpoint(path)],
            TotalRecords = rows,
            TotalBytes = uploads.BytesOf(path.Name),
            IsOrdered = true,
        };
    }

    /// <summary>An upload's batches in order.</summary>
    /// <exception cref="OrleansFlow.Errors.FlowException"><c>not_found</c>.</exception>
    public FlightStream Open(FlightPath path)
    {
        var reader = uploads.Open(path.Name);
        return new FlightStream(reader.Schema, ReadAsync(reader));
    }

    /// <summary>The first uploads by name.</summary>
    public IEnumerable<FlightInfo> List() => uploads.List().Take(ListedMax).Select(name => GetInfo(FlightPath.OfUpload(name)));

    private static async IAsyncEnumerable<RecordBatch> ReadAsync(ArrowFileReader reader)
    {
        using (reader)
        {
            for (var index = 0; index < reader.BatchCount; index++)
            {
                yield return await reader.ReadBatchAsync(index);
            }
        }
    }
}
