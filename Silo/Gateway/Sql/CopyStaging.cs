using System.Text;
using OrleansFlow.Errors;
using OrleansFlow.Worker.Artifacts;
using OrleansFlow.Worker.Queries.Sinks;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>What one statement writes. Nobody sees it before it is published, all at once.</summary>
/// <param name="copy">The statement.</param>
/// <param name="folder">Where it writes until then; nobody else's.</param>
/// <param name="publishing">Held while something is published below the same folders.</param>
internal sealed class CopyStaging(SqlCopy copy, string folder, Lock publishing) : IDisposable
{
    private const string PublishedFolder = "_published";
    private const string ReplacedFolder = "_replaced";
    private const string TargetFile = "_target";

    private bool Adds => copy.Mode is CopyMode.Append or CopyMode.OverwriteOrIgnore;

    /// <summary>Where tasks write.</summary>
    public string Folder => folder;

    /// <summary>Makes the files of tasks appear at the target, by one renaming; beside others there, by one for each (<see cref="CopyAddition"/>).</summary>
    /// <param name="names">What the tasks that count have written; everything else there is dropped.</param>
    /// <exception cref="FlowException"><c>already_exists</c>: something came there in between; <c>store_unavailable</c>.</exception>
    public void Publish(IReadOnlyList<string> names)
    {
        lock (publishing)
        {
            PublishWhileLocked(names);
        }
    }

    private void PublishWhileLocked(IReadOnlyList<string> names)
    {
        try
        {
            CopyTargets.ThrowIfTaken(copy);
            var parent = Path.GetDirectoryName(copy.Target)!;
            Directory.CreateDirectory(parent);
            if (copy.IsOneFile)
            {
                File.Move(Directory.EnumerateFiles(Path.Combine(folder, names.Single())).Single(), copy.Target, copy.Mode != CopyMode.Refuse);
            }
            else
            {
                var published = Gather(names);
                if (Adds && (Directory.Exists(copy.Target) || !TryMove(published)))
                {
                    CopyAddition.Add(folder, published, copy.Target, replaces: copy.Mode == CopyMode.OverwriteOrIgnore);
                    return;
                }

                if (!Adds)
                {
                    MakeRoom();
                    Directory.Move(published, copy.Target);
                }
            }

            FolderSync.Flush(parent);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"What was written could not be put at '{copy.Target}': {exception.Message}", exception);
        }
    }

    public void Dispose()
    {
        var replaced = Path.Combine(folder, ReplacedFolder);
        if (Directory.Exists(replaced) && !Directory.Exists(copy.Target))
        {
            Directory.Move(replaced, copy.Target);
        }

        if (CopyAddition.TryTakeBack(folder, Path.Combine(folder, PublishedFolder)))
        {
            Delete(folder);
        }
    }

    /// <summary>Removes what a copy left that a crash ended; what it had put aside for rows that never came goes back.</summary>
    internal static void Clear(string folder)
    {
        var replaced = Path.Combine(folder, ReplacedFolder);
        var note = Path.Combine(folder, TargetFile);
        try
        {
            if (Directory.Exists(replaced) && File.Exists(note) && File.ReadAllText(note) is { Length: > 0 } target && !Directory.Exists(target))
            {
                Directory.Move(replaced, target);
                FolderSync.Flush(Path.GetDirectoryName(target)!);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Rows that cannot go back now stay for the next sweep.
            return;
        }

        if (CopyAddition.TryTakeBack(folder, Path.Combine(folder, PublishedFolder)))
        {
            Delete(folder);
        }
    }

    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
            Directory.Delete(Path.GetDirectoryName(folder)!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another copy is under way beside it; or it is in use, and the sweep comes again.
        }
    }

    private string Gather(IReadOnlyList<string> names)
    {
        var published = Path.Combine(folder, PublishedFolder);
        Directory.CreateDirectory(published);
        foreach (var name in names)
        {
            var written = Path.Combine(folder, name);
            foreach (var file in Directory.EnumerateFiles(written, "*" + SinkWriter.UnfinishedEnding, SearchOption.AllDirectories).ToList())
            {
                var target = Path.Combine(published, Path.ChangeExtension(NameAtTarget(name, Path.GetRelativePath(written, file)), copy.Ending));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Move(file, target);
            }
        }

        return published;
    }

    /// <returns>False: a statement of another silo made the target a moment before.</returns>
    private bool TryMove(string published)
    {
        try
        {
            Directory.Move(published, copy.Target);
            return true;
        }
        catch (IOException) when (Directory.Exists(copy.Target))
        {
            return false;
        }
    }

    /// <summary>A statement that replaces its own files must find them again, whichever attempt of a task wrote them.</summary>
    private string NameAtTarget(string name, string path) => copy.Mode != CopyMode.OverwriteOrIgnore ? path
        : Path.Combine(Path.GetDirectoryName(path)!, Path.GetFileName(path).Replace(name, name[..name.LastIndexOf('-')], StringComparison.Ordinal));

    private void MakeRoom()
    {
        if (!Directory.Exists(copy.Target))
        {
            return;
        }

        if (copy.Mode == CopyMode.Overwrite)
        {
            // A crash between the two renamings must not cost the rows that were there: the sweep finds out here where they belong.
            using (var note = new FileStream(Path.Combine(folder, TargetFile), FileMode.Create))
            {
                note.Write(Encoding.UTF8.GetBytes(copy.Target));
                note.Flush(flushToDisk: true);
            }

            FolderSync.Flush(folder);
            Directory.Move(copy.Target, Path.Combine(folder, ReplacedFolder));
        }
        else
        {
            Directory.Delete(copy.Target);
        }
    }
}
