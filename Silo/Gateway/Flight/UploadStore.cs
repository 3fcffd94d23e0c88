using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Worker.Artifacts;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>What clients uploaded: one Arrow IPC file a name, whole or not there. A name is given once.</summary>
internal sealed partial class UploadStore
{
    private const string Extension = ".arrow";
    private const string TemporaryExtension = ".tmp";

    // The files were checked when they came in; reading their metadata again must not cost their size.
    private static readonly IpcReadOptions ReadOptions = new() { Validate = false };

    private readonly string _folder;
    private readonly IIdSource _ids;
    private readonly long _bytesMax;
    private readonly ILogger _logger;
    private readonly Lock _naming = new();
    private bool _prepared;

    public UploadStore(GatewayIdentity identity, IIdSource ids, IOptions<FlightGatewayOptions> options, ILogger<UploadStore> logger)
    {
        _folder = identity.UploadFolder;
        _ids = ids;
        _bytesMax = options.Value.UploadBytesMax;
        _logger = logger;
    }

    /// <summary>Names that are there, in order.</summary>
    public IReadOnlyList<string> List() => Directory.Exists(_folder)
        ? [.. Directory.EnumerateFiles(_folder, "*" + Extension).Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Opens an upload; the batches refer to the mapped file.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>state_corrupt</c>: the file is damaged.</exception>
    public ArrowFileReader Open(string name)
    {
        try
        {
            return ArrowFileReader.Open(PathOf(name), ReadOptions);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FlowException(FlowErrorCode.NotFound, $"There is no upload '{name}'. ListFlights names those that exist.", exception);
        }
        catch (Exception exception) when (exception is ArrowFormatException or IOException)
        {
            throw new FlowException(FlowErrorCode.StateCorrupt, $"Upload '{name}' cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Size of an upload's file in bytes.</summary>
    public long BytesOf(string name) => new FileInfo(PathOf(name)).Length;

    /// <summary>Stores a stream; durable under its name before it returns. On any failure nothing is kept.</summary>
    /// <exception cref="FlowException"><c>already_exists</c>; <c>limit_exceeded</c>; <c>bad_input</c>; <c>store_unavailable</c>.</exception>
    public async Task<UploadReceipt> StoreAsync(
        string name, ArrowSchema schema, IAsyncEnumerable<FlightBatch> batches, CancellationToken cancellationToken)
    {
        Prepare();
        RefuseTaken(name);
        var temporary = Path.Combine(_folder, $"{name}.{_ids.NewId()}{TemporaryExtension}");
        try
        {
            var receipt = await UploadFile.WriteAsync(temporary, $"Upload '{name}'", schema, batches, _bytesMax, durable: true, cancellationToken);
            lock (_naming)
            {
                RefuseTaken(name);
                File.Move(temporary, PathOf(name));
            }

            FolderSync.Flush(_folder);
            LogStored(name, receipt.Rows, receipt.Bytes);
            return receipt;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"Upload '{name}' could not be stored: {exception.Message}", exception);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Removes what uploads left that broke off with their process, and have not been written since a time.</summary>
    /// <returns>How many.</returns>
    public int DeleteAbandoned(DateTimeOffset untouchedSinceUtc, int countMax) => Directory.Exists(_folder)
        ? new DirectoryInfo(_folder).EnumerateFiles("*" + TemporaryExtension)
            .Where(file => file.LastWriteTimeUtc <= untouchedSinceUtc.UtcDateTime)
            .Take(countMax)
            .Count(file => UploadFile.TryDeleteUnused(file.FullName))
        : 0;

    /// <summary>At first use: makes the folder and clears what a crash left half-written.</summary>
    private void Prepare()
    {
        lock (_naming)
        {
            if (_prepared)
            {
                return;
            }

            Directory.CreateDirectory(_folder);
            foreach (var left in Directory.EnumerateFiles(_folder, "*" + TemporaryExtension))
            {
                File.Delete(left);
            }

            FolderSync.Flush(Path.GetDirectoryName(_folder)!);
            _prepared = true;
        }
    }

    private void RefuseTaken(string name)
    {
        if (File.Exists(PathOf(name)))
        {
            throw new FlowException(FlowErrorCode.AlreadyExists, $"There is an upload '{name}' already, and uploads are never replaced. Choose another name.");
        }
    }

    private string PathOf(string name) => Path.Combine(_folder, name + Extension);

    [LoggerMessage(EventId = 5002, Level = LogLevel.Information, Message = "Upload {UploadName} stored: {RowCount} rows, {FileBytes} bytes")]
    private partial void LogStored(string uploadName, long rowCount, long fileBytes);
}
