using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Objects;

/// <summary>
/// Objects as files of a folder. A file is written under another name, flushed, and then gets its own: a crash leaves no half object. An
/// object that must be new gets its name by a link, which the file system gives to one only.
/// </summary>
/// <remarks>Several processes may use one folder. The file system must know hard links where objects are created conditionally.</remarks>
public sealed class LocalObjectStore : IObjectStore
{
    internal const string TemporaryFolder = ".temporary";
    private const int FolderRetries = 10;
    private static readonly TimeSpan TemporaryAge = TimeSpan.FromDays(1);

    private readonly string _root;
    private readonly string _temporary;
    // Other stores of this process, and processes of the same number on other machines, have the same folder.
    private readonly string _mark = Path.GetFileNameWithoutExtension(Path.GetRandomFileName());
    private long _made;

    /// <summary>Opens a folder, which is made when it is not there. What crashed processes left unfinished a day ago is removed.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="clock">Tells what is a day old; null for the system's.</param>
    /// <exception cref="FlowException">The folder cannot be made (<see cref="FlowErrorCode.StoreUnavailable"/>).</exception>
    public LocalObjectStore(string folder, TimeProvider? clock = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        _temporary = Path.Combine(_root, TemporaryFolder);
        Guard(() =>
        {
            DurableFile.CreateFolder(_temporary);
            SweepTemporary((clock ?? TimeProvider.System).GetUtcNow() - TemporaryAge);
            return true;
        });
    }

    /// <inheritdoc/>
    public string Url => new Uri(_root).AbsoluteUri;

    /// <inheritdoc/>
    public bool IsLocal => true;

    /// <inheritdoc/>
    public async ValueTask PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await using var upload = await UploadAsync(name, cancellationToken);
        await upload.Content.WriteAsync(content, cancellationToken);
        await upload.CompleteAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await using var upload = Begin(name);
        await upload.Content.WriteAsync(content, cancellationToken);
        return await upload.TryCompleteNewAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<ObjectUpload> UploadAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<ObjectUpload>(Begin(name));
    }

    /// <inheritdoc/>
    public async ValueTask<byte[]?> TryGetAsync(string name, int bytesMax, CancellationToken cancellationToken)
    {
        var stream = TryOpen(name);
        if (stream is null)
        {
            return null;
        }

        await using (stream)
        {
            if (stream.Length > bytesMax)
            {
                throw new FlowException(FlowErrorCode.LimitExceeded, $"Object '{name}' of {Url} has {stream.Length} bytes; at most {bytesMax} are read.");
            }

            var content = new byte[stream.Length];
            await stream.ReadExactlyAsync(content, cancellationToken);
            return content;
        }
    }

    /// <inheritdoc/>
    public ValueTask<Stream> OpenReadAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<Stream>(TryOpen(name) ?? throw new FlowException(FlowErrorCode.DataFileMissing, $"There is no object '{name}' in {Url}."));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectName.CheckPrefix(prefix);
        var folder = Path.Combine(_root, prefix[..(prefix.LastIndexOf('/') + 1)]);
        var entries = Guard(() => Entries(folder, prefix));
        foreach (var entry in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }

        await ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var path = PathOf(name);
        Guard(() =>
        {
            if (File.Exists(path))
            {
                File.Delete(path);
                RemoveEmptyFolders(Path.GetDirectoryName(path)!);
            }

            return true;
        });
        return ValueTask.CompletedTask;
    }

    /// <summary>Holds nothing open.</summary>
    public void Dispose()
    {
    }

    /// <summary>Gives a written file its name; the folder may be removed as empty in between, and is made again then.</summary>
    internal bool Publish(string temporary, string name, bool mustBeNew)
    {
        var path = PathOf(name);
        return Guard(() =>
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    DurableFile.CreateFolder(Path.GetDirectoryName(path)!);
                    if (mustBeNew)
                    {
                        return DurableFile.TryMoveNew(temporary, path);
                    }

                    DurableFile.Move(temporary, path);
                    return true;
                }
                catch (DirectoryNotFoundException) when (attempt < FolderRetries)
                {
                }
            }
        });
    }

    internal T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed(exception);
        }
    }

    internal FlowException Failed(Exception exception)
    {
        const int NoSpace = 28;
        const int WindowsDiskFull = unchecked((int)0x8007_0070);
        var isFull = exception is IOException && exception.HResult is NoSpace or WindowsDiskFull;
        return new FlowException(
            isFull ? FlowErrorCode.StoreFull : FlowErrorCode.StoreUnavailable, $"The store {new Uri(_root).AbsoluteUri} failed: {exception.Message}", exception);
    }

    private LocalUpload Begin(string name)
    {
        ObjectName.Check(name);
        return Guard(() =>
        {
            while (true)
            {
                var path = Path.Combine(_temporary, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{_mark}-{Interlocked.Increment(ref _made)}"));
                try
                {
                    return new LocalUpload(this, name, path, new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous));
                }
                catch (IOException) when (File.Exists(path))
                {
                    // Of a process of the same number, here or on another machine: the next number is free some time.
                }
            }
        });
    }

    private FileStream? TryOpen(string name)
    {
        var path = PathOf(name);
        return Guard(() =>
        {
            try
            {
                return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
            }
            catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
        });
    }

    private List<ObjectEntry> Entries(string folder, string prefix)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return Directory.Exists(folder) ? FindEntries(folder, prefix) : [];
            }
            catch (Exception exception) when (exception is DirectoryNotFoundException or FileNotFoundException && attempt < FolderRetries)
            {
                // Something was deleted while the list was made.
            }
        }
    }

    private List<ObjectEntry> FindEntries(string folder, string prefix)
    {
        var found = new List<ObjectEntry>();
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(_root, file.FullName).Replace(Path.DirectorySeparatorChar, '/');
            if (name.StartsWith(prefix, StringComparison.Ordinal) && !name.StartsWith(TemporaryFolder, StringComparison.Ordinal))
            {
                found.Add(new ObjectEntry(name, file.Length));
            }
        }

        found.Sort((x, y) => string.CompareOrdinal(x.Name, y.Name));
        return found;
    }

    private string PathOf(string name)
    {
        ObjectName.Check(name);
        return Path.Combine(_root, name);
    }

    private void RemoveEmptyFolders(string folder)
    {
        while (folder.Length > _root.Length && !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            try
            {
                Directory.Delete(folder);
            }
            catch (IOException)
            {
                // Another process put something in or removed it: either way nothing is left to do.
                return;
            }

            folder = Path.GetDirectoryName(folder)!;
        }
    }

    private void SweepTemporary(DateTimeOffset before)
    {
        foreach (var file in new DirectoryInfo(_temporary).EnumerateFiles())
        {
            if (file.LastWriteTimeUtc < before.UtcDateTime)
            {
                file.Delete();
            }
        }
    }
}
