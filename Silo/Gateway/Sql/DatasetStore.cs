using System.Text.Json;
using Microsoft.Extensions.Options;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Silo.Gateway.Flight;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Worker.Artifacts;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>
/// Files of registered tables below the artifact folder. Files and manifests get a new name each and never change; which manifest counts is
/// said by the catalog, so that a reader of an older version goes on undisturbed and a broken upload is seen by nobody.
/// </summary>
internal sealed class DatasetStore(GatewayIdentity identity, IIdSource ids, TimeProvider clock, IOptions<FlightGatewayOptions> options)
{
    // No run's folder begins with an underscore.
    private const string FolderName = "_tables";

    // The files were checked when they came in.
    private static readonly IpcReadOptions ReadOptions = new() { Validate = false };

    private readonly string _folder = Path.Combine(identity.ArtifactFolder, FolderName);
    private readonly long _bytesMax = options.Value.UploadBytesMax;

    /// <summary>Writes a file; durable when it returns, and nothing is left when it fails.</summary>
    public async Task<DatasetFile> WriteAsync(string table, ArrowSchema schema, IAsyncEnumerable<FlightBatch> batches, CancellationToken cancellationToken)
    {
        var name = NewName(table, ".arrow");
        var path = PathOf(name);
        var done = false;
        try
        {
            var receipt = await UploadFile.WriteAsync(path, $"Table '{table}'", schema, batches, _bytesMax, durable: true, cancellationToken);
            FolderSync.Flush(Path.GetDirectoryName(path)!);
            done = true;
            return new DatasetFile(name, receipt.Rows, receipt.Bytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"The rows of table '{table}' could not be stored: {exception.Message}", exception);
        }
        finally
        {
            if (!done)
            {
                Delete(name);
            }
        }
    }

    /// <summary>Names for files that others write, and that count when they are published.</summary>
    public NewDatasetFiles NewFiles(string table)
    {
        var name = NewName(table, "-");
        return new NewDatasetFiles(table, Path.Combine(_folder, table), Path.GetFileName(name));
    }

    /// <summary>Removes all files of these names.</summary>
    public void Delete(NewDatasetFiles files)
    {
        foreach (var path in Directory.EnumerateFiles(files.Folder, files.Prefix + "*").ToList())
        {
            Delete(files.NameOf(Path.GetFileName(path)));
        }
    }

    /// <summary>Writes a manifest; durable when it returns.</summary>
    /// <returns>Its name.</returns>
    public string WriteManifest(string table, IReadOnlyList<DatasetFile> files)
    {
        var name = NewName(table, ".json");
        try
        {
            using (var file = new FileStream(PathOf(name), FileMode.CreateNew, FileAccess.Write))
            {
                JsonSerializer.Serialize(file, new DatasetManifest(files), DatasetJson.Default.DatasetManifest);
                file.Flush(flushToDisk: true);
            }

            FolderSync.Flush(Path.GetDirectoryName(PathOf(name))!);
            return name;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"The manifest of table '{table}' could not be stored: {exception.Message}", exception);
        }
    }

    /// <summary>The files of a manifest.</summary>
    /// <exception cref="FlowException"><c>artifact_lost</c>.</exception>
    public IReadOnlyList<DatasetFile> ReadManifest(string name)
    {
        try
        {
            using var file = File.OpenRead(PathOf(name));
            return JsonSerializer.Deserialize(file, DatasetJson.Default.DatasetManifest)?.Files ?? throw new JsonException("it is empty");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw Lost(name, exception);
        }
    }

    /// <summary>Opens a file; its batches refer to the mapped file.</summary>
    /// <exception cref="FlowException"><c>artifact_lost</c>.</exception>
    public ArrowFileReader Open(DatasetFile file)
    {
        try
        {
            return ArrowFileReader.Open(PathOf(file.Name), ReadOptions);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArrowFormatException)
        {
            throw Lost(file.Name, exception);
        }
    }

    /// <summary>Removes a file or a manifest that no version of a table refers to.</summary>
    public void Delete(string name)
    {
        try
        {
            File.Delete(PathOf(name));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What led here is the better error; nobody looks at a file that no manifest names.
        }
    }

    /// <summary>Every file and manifest, whether it counts or not.</summary>
    public IReadOnlyList<SweptFile> List() => Directory.Exists(_folder)
        ? [.. new DirectoryInfo(_folder).EnumerateFiles("*", SearchOption.AllDirectories).Select(file => new SweptFile(
            Path.GetRelativePath(_folder, file.FullName).Replace(Path.DirectorySeparatorChar, '/'), new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero)))]
        : [];

    /// <summary>Removes a file unless somebody has it open, here or in another process on this machine.</summary>
    /// <returns>Whether it is gone.</returns>
    public bool TryDeleteUnused(string name) => UploadFile.TryDeleteUnused(PathOf(name));

    /// <summary>Removes the folders of tables that have held no file since a time.</summary>
    public void DeleteEmptyFolders(DateTimeOffset untouchedSinceUtc)
    {
        if (!Directory.Exists(_folder))
        {
            return;
        }

        foreach (var folder in new DirectoryInfo(_folder).EnumerateDirectories().Where(folder => folder.LastWriteTimeUtc <= untouchedSinceUtc.UtcDateTime))
        {
            try
            {
                if (!folder.EnumerateFileSystemInfos().Any())
                {
                    folder.Delete();
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A file has come just now.
            }
        }
    }

    private static FlowException Lost(string name, Exception exception) =>
        new(FlowErrorCode.ArtifactLost, $"File '{name}' of a table cannot be read: {exception.Message} Every silo must see the artifact folder.", exception);

    private string NewName(string table, string ending)
    {
        var folder = Path.Combine(_folder, table);
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            FolderSync.Flush(_folder);
            FolderSync.Flush(identity.ArtifactFolder);
        }

        else
        {
            // So that no sweep takes an old empty one away before the file is in it.
            Directory.SetLastWriteTimeUtc(folder, clock.GetUtcNow().UtcDateTime);
        }

        return $"{table}/{ids.NewId()}{ending}";
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}
