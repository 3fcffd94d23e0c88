using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Flight;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Hosting;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>What there is to know of a kept result.</summary>
internal sealed record KeptResult(string Tenant, string Owner, DateTimeOffset ExpiresUtc, long Rows, long Bytes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(KeptResult))]
internal sealed partial class KeptResultJson : JsonSerializerContext;

/// <summary>
/// Results of queries that their callers want to fetch again: a file each below the artifact folder, which every gateway sees, until its time is over. A result
/// belongs to who asked for it; to everybody else there is none.
/// </summary>
internal sealed class KeptResults(GatewayIdentity identity, FlightTickets tickets, IOptions<DistributedQueryOptions> options, TimeProvider clock)
{
    // No run's folder begins with an underscore.
    private const string FolderName = "_results";
    private const string RowsEnding = ".arrow";
    private const string TextEnding = ".json";

    // They were checked when they were written.
    private static readonly IpcReadOptions ReadOptions = new() { Validate = false };

    private readonly string _folder = Path.Combine(identity.ArtifactFolder, FolderName);
    private readonly DistributedQueryOptions _options = options.Value;

    /// <summary>Runs a query to its end, keeps its rows and gives them.</summary>
    /// <param name="id">The query. What is kept already is given without running it again.</param>
    /// <param name="caller">Whose it will be.</param>
    /// <param name="runAsync">Runs it.</param>
    /// <param name="cancellationToken">Stops it; then nothing is kept.</param>
    /// <exception cref="FlowException"><c>limit_exceeded</c>: it is too long, or too much is kept; <c>store_unavailable</c>; as the query.</exception>
    public async Task<FlightStream> KeepAsync(string id, SqlCaller caller, Func<Task<FlightStream>> runAsync, CancellationToken cancellationToken)
    {
        if (Find(id) is not null)
        {
            return Open(id, caller);
        }

        ThrowIfFull();
        await using var stream = await runAsync();
        var isKept = false;
        try
        {
            Directory.CreateDirectory(_folder);
            var receipt = await UploadFile.WriteAsync(
                PathOf(id, RowsEnding), "The result", stream.Schema, BoundedAsync(stream, cancellationToken), long.MaxValue, durable: false, cancellationToken);
            Write(id, new KeptResult(caller.Tenant, caller.Owner, clock.GetUtcNow() + _options.KeptFor, receipt.Rows, receipt.Bytes));
            isKept = true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"The result could not be kept: {exception.Message}", exception);
        }
        finally
        {
            if (!isKept)
            {
                UploadFile.TryDeleteUnused(PathOf(id, RowsEnding));
            }
        }

        return Open(id, caller);
    }

    /// <summary>What there is to know before a kept result is fetched.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: there is none, it is over, or it is another's.</exception>
    public FlightInfo GetInfo(FlightPath path, SqlCaller caller)
    {
        var kept = Require(path.Name, caller);
        using var reader = OpenFile(path.Name);
        return new FlightInfo
        {
            Schema = reader.Schema,
            Descriptor = path.Descriptor,
            Endpoints = [tickets.Endpoint(path)],
            TotalRecords = kept.Rows,
            TotalBytes = kept.Bytes,
            IsOrdered = true,
        };
    }

    /// <summary>The rows of a ticket, which only the result's owner was given.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: it is over.</exception>
    public FlightStream Open(FlightPath path) => Find(path.Name) is null ? throw NotFound(path.Name) : ToStream(OpenFile(path.Name));

    /// <summary>Deletes what is over, and what a crash left half written.</summary>
    /// <returns>Results that are gone.</returns>
    public int DeleteExpired()
    {
        if (!Directory.Exists(_folder))
        {
            return 0;
        }

        var (now, count) = (clock.GetUtcNow(), 0);
        foreach (var file in new DirectoryInfo(_folder).EnumerateFiles("*" + RowsEnding))
        {
            var id = Path.GetFileNameWithoutExtension(file.Name);
            var isOver = Read(id) is { } kept ? kept.ExpiresUtc <= now : file.LastWriteTimeUtc + _options.KeptFor <= now.UtcDateTime;

            // Whoever reads it goes on; the next sweep comes back.
            if (isOver && UploadFile.TryDeleteUnused(file.FullName))
            {
                UploadFile.TryDeleteUnused(PathOf(id, TextEnding));
                count++;
            }
        }

        return count;
    }

    private static FlightStream ToStream(ArrowFileReader reader) => new(reader.Schema, ReadAsync(reader));

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

    private static FlowException NotFound(string id) => new(
        FlowErrorCode.NotFound, $"There is no kept result '{id}'. It was not kept, it is over ({DistributedQueryOptions.SectionName}:{nameof(DistributedQueryOptions.KeptFor)}), or it is another caller's.");

    private FlightStream Open(string id, SqlCaller caller)
    {
        Require(id, caller);
        return ToStream(OpenFile(id));
    }

    private KeptResult Require(string id, SqlCaller caller) =>
        Find(id) is { } kept && kept.Tenant == caller.Tenant && kept.Owner == caller.Owner ? kept : throw NotFound(id);

    private KeptResult? Find(string id) => Read(id) is { } kept && kept.ExpiresUtc > clock.GetUtcNow() ? kept : null;

    private KeptResult? Read(string id)
    {
        try
        {
            using var file = File.OpenRead(PathOf(id, TextEnding));
            return JsonSerializer.Deserialize(file, KeptResultJson.Default.KeptResult);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            // It is not there, or was not written to its end.
            return null;
        }
    }

    /// <summary>Last of all: what has no such file is not kept.</summary>
    private void Write(string id, KeptResult kept)
    {
        using var file = new FileStream(PathOf(id, TextEnding), FileMode.Create, FileAccess.Write);
        JsonSerializer.Serialize(file, kept, KeptResultJson.Default.KeptResult);
    }

    private void ThrowIfFull()
    {
        var bytes = Directory.Exists(_folder) ? new DirectoryInfo(_folder).EnumerateFiles("*" + RowsEnding).Sum(file => file.Length) : 0;
        if (bytes >= _options.KeptTotalBytesMax)
        {
            throw new FlowException(
                FlowErrorCode.LimitExceeded,
                $"{bytes} bytes of results are kept, and {DistributedQueryOptions.SectionName}:{nameof(DistributedQueryOptions.KeptTotalBytesMax)} is {_options.KeptTotalBytesMax}. Wait until some are over, do not keep this one, or raise it.");
        }
    }

    private async IAsyncEnumerable<FlightBatch> BoundedAsync(FlightStream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bytes = 0L;
        await foreach (var element in stream.Batches.WithCancellation(cancellationToken))
        {
            bytes += element.Batch?.ByteCount ?? 0;
            if (bytes > _options.KeptBytesMax)
            {
                element.Batch?.Dispose();
                throw new FlowException(
                    FlowErrorCode.LimitExceeded,
                    $"The result has more than {_options.KeptBytesMax} bytes, so it is not kept. Ask for less, do not keep it, or raise {DistributedQueryOptions.SectionName}:{nameof(DistributedQueryOptions.KeptBytesMax)}.");
            }

            yield return element;
        }
    }

    private ArrowFileReader OpenFile(string id)
    {
        try
        {
            return ArrowFileReader.Open(PathOf(id, RowsEnding), ReadOptions);
        }
        catch (FileNotFoundException)
        {
            // It was over just now.
            throw NotFound(id);
        }
    }

    private string PathOf(string id, string ending) => Path.Combine(_folder, id + ending);
}
