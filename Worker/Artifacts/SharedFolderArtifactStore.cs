using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Worker.Artifacts;

/// <summary>
/// Artifacts in a folder that every worker and the silo see. A batch is written under a temporary name, synced, renamed, and its folder
/// synced; so whoever sees a final name sees a whole file, and a crash leaves at most a temporary one that nobody looks at.
/// </summary>
public sealed class SharedFolderArtifactStore : IArtifactStore
{
    // Linux and macOS: no space left, quota exceeded, file too large. Windows: disk full, handle disk full.
    private static readonly int[] FullErrors = [28, 122, 69, 27, unchecked((int)0x80070070), unchecked((int)0x80070027)];

    private static readonly IpcReadOptions ReadOptions = new() { ValidateUtf8 = false };

    /// <summary>Most names that one sweep looks at: a task of a million batches is not to wait for its folder to be listed.</summary>
    private const int SweptNamesMax = 10_000;

    private const string TemporaryExtension = ".tmp";

    private readonly string _root;

    /// <summary>Uses a folder, which is made when it is missing.</summary>
    /// <param name="root">The artifact root.</param>
    /// <exception cref="FlowException"><c>store_unavailable</c>: it does not exist and cannot be made.</exception>
    public SharedFolderArtifactStore(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        _root = Path.GetFullPath(root);
        try
        {
            Directory.CreateDirectory(_root);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Explain(exception, "make the artifact folder", _root);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Writes that are made at once each have a thread that is not the pool's (<see cref="SyncThreads"/>): a sync blocks in the system whoever asks for it.</remarks>
    public ValueTask<StoredArtifact> WriteAsync(TaskId task, long epoch, int index, RecordBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return SyncThreads.Shared.RunAsync(() => Write(ArtifactPath.Of(task, epoch, index), batch, cancellationToken));
    }

    /// <inheritdoc/>
    public IArtifactReader OpenRead(string path)
    {
        if (!ArtifactPath.IsValid(path))
        {
            throw new FlowException(
                FlowErrorCode.BadInput, $"'{path}' is not the path of an artifact: expected RUN/NODE/TASK/INDEX.eEPOCH.arrow below the artifact root.");
        }

        var full = Path.Combine(_root, path);
        try
        {
            return new Reader(ArrowFileReader.Open(full, ReadOptions));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or ArrowFormatException)
        {
            throw new FlowException(
                FlowErrorCode.ArtifactLost,
                $"Artifact '{path}' cannot be read below '{_root}': {exception.Message} Every worker and the silo must see this folder.{WayOut(path)}",
                exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It may be there all the same.
            throw Explain(exception, "read", full);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Looks at no more than 10 000 names. A temporary file of an older epoch is garbage whatever its number.</remarks>
    public ValueTask<int> SweepAsync(TaskId task, long epoch, int acceptedCount, CancellationToken cancellationToken)
    {
        var folder = new DirectoryInfo(Path.Combine(_root, ArtifactPath.FolderOf(task)));
        var count = 0;
        try
        {
            foreach (var file in folder.EnumerateFiles().Take(SweptNamesMax).ToList())
            {
                cancellationToken.ThrowIfCancellationRequested();
                var name = file.Name.AsSpan();
                var isTemporary = name is ['.', ..] && name.EndsWith(TemporaryExtension, StringComparison.Ordinal);
                var artifact = isTemporary ? name[1..^TemporaryExtension.Length] : name;
                if (ArtifactPath.TryParseFile(artifact, out var index, out var writtenEpoch) && writtenEpoch < epoch && (isTemporary || index >= acceptedCount))
                {
                    file.Delete();
                    count++;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // No folder: nothing was written. Else garbage that stays does no harm but the room it takes.
        }

        return ValueTask.FromResult(count);
    }

    /// <inheritdoc/>
    /// <remarks>Away from the caller's thread: a run may have very many files.</remarks>
    public ValueTask DeleteAsync(RunId run, CancellationToken cancellationToken) => DeleteAsync(Path.Combine(_root, run.Value), cancellationToken);

    /// <inheritdoc/>
    public ValueTask DeleteAsync(TaskId task, CancellationToken cancellationToken) =>
        DeleteAsync(Path.Combine(_root, ArtifactPath.FolderOf(task)), cancellationToken);

    private static async ValueTask DeleteAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Run(() => Directory.Delete(folder, recursive: true), cancellationToken).ConfigureAwait(false);
        }
        catch (DirectoryNotFoundException)
        {
            // It wrote nothing, or somebody was faster.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Explain(exception, "delete", folder);
        }
    }

    private StoredArtifact Write(string path, RecordBatch batch, CancellationToken cancellationToken)
    {
        var final = Path.Combine(_root, path);
        var folder = Path.GetDirectoryName(final)!;
        var temporary = Path.Combine(folder, $".{Path.GetFileName(final)}{TemporaryExtension}");
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            MakeFolder(folder);
            var bytes = WriteFile(temporary, batch);
            cancellationToken.ThrowIfCancellationRequested();
            File.Move(temporary, final, overwrite: true);
            FolderSync.Flush(folder);
            return new StoredArtifact(path, batch.RowCount, bytes);
        }
        catch (Exception exception)
        {
            Delete(temporary);
            if (exception is IOException or UnauthorizedAccessException)
            {
                throw Explain(exception, "write", final);
            }

            throw;
        }
    }

    private static long WriteFile(string path, RecordBatch batch)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);
        using var writer = new ArrowFileWriter(file, batch.Schema, leaveOpen: true);
        writer.Write(batch);
        writer.End();
        file.Flush(flushToDisk: true);
        return file.Length;
    }

    private static string WayOut(string path) =>
        ArtifactPath.TaskOf(path) is { IsStandalone: false } task ? $" A run that goes on makes it again when a task needs it; otherwise 'flow rerun {task.RunId}/{task.Node}' does." : "";

    private static void Delete(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What led here is the better error; a left temporary file is never looked at.
        }
    }

    private static FlowException Explain(Exception exception, string verb, string path) =>
        FullErrors.Contains(exception.HResult)
            ? new FlowException(FlowErrorCode.StoreFull, $"The disk is full: cannot {verb} '{path}'. Free space below the artifact root, or move it.", exception)
            : new FlowException(
                FlowErrorCode.StoreUnavailable, $"Cannot {verb} '{path}': {exception.Message} Every worker and the silo must see this folder.", exception);

    private void MakeFolder(string folder)
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        Directory.CreateDirectory(folder);

        // All the way up: another task may have made a parent just now and not have synced it yet.
        for (var parent = Path.GetDirectoryName(folder); parent is not null && parent.Length >= _root.Length; parent = Path.GetDirectoryName(parent))
        {
            FolderSync.Flush(parent);
        }
    }

    private sealed class Reader(ArrowFileReader file) : IArtifactReader
    {
        public ArrowSchema Schema => file.Schema;

        public int BatchCount => file.BatchCount;

        public RecordBatch ReadBatch(int index)
        {
            try
            {
                return file.ReadBatch(index);
            }
            catch (ArrowFormatException exception)
            {
                throw new FlowException(FlowErrorCode.ArtifactLost, $"An artifact is damaged: {exception.Message}", exception);
            }
        }

        public void Dispose() => file.Dispose();
    }
}
