using System.Text;
using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Worker.Artifacts;
using OrleansFlow.Worker.Queries.Sinks;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>The folders into which statements may write files, and what is being written there.</summary>
internal sealed class CopyTargets(IOptions<SqlGatewayOptions> options, IIdSource ids)
{
    private const string StagingFolder = ".orleansflow-copy";

    private readonly string[] _roots = [.. options.Value.WritableFolders.Select(folder => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))];

    /// <summary>Begins to write: makes a hidden folder beside the target. Dispose it: then nothing is left but what was published.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: it may not be written there; <c>already_exists</c>; <c>store_unavailable</c>.</exception>
    public CopyStaging Begin(SqlCopy copy)
    {
        var root = RootOf(copy.Target);
        ThrowIfTaken(copy);
        var folder = Path.Combine(root, StagingFolder, ids.NewId());
        try
        {
            Directory.CreateDirectory(folder);
            return new CopyStaging(copy, folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"Nothing can be written below '{root}': {exception.Message}", exception);
        }
    }

    /// <summary>Removes what copies left behind that a crash ended.</summary>
    /// <param name="untouchedSince">Those that have not been touched since.</param>
    /// <param name="countMax">Copies at most.</param>
    /// <returns>How many were removed.</returns>
    public int DeleteAbandoned(DateTimeOffset untouchedSince, int countMax)
    {
        var count = 0;
        foreach (var staging in _roots.Select(root => new DirectoryInfo(Path.Combine(root, StagingFolder))).Where(staging => staging.Exists))
        {
            foreach (var folder in staging.EnumerateDirectories().Where(folder => folder.LastWriteTimeUtc <= untouchedSince.UtcDateTime).Take(countMax - count).ToList())
            {
                CopyStaging.Clear(folder.FullName);
                count++;
            }
        }

        return count;
    }

    /// <exception cref="FlowException"><c>already_exists</c>.</exception>
    internal static void ThrowIfTaken(SqlCopy copy)
    {
        var isFolder = Directory.Exists(copy.Target);
        var isTaken = copy.IsOneFile ? isFolder || (File.Exists(copy.Target) && !copy.Overwrites)
            : File.Exists(copy.Target) || (isFolder && !copy.Overwrites && Directory.EnumerateFileSystemEntries(copy.Target).Any());
        if (isTaken)
        {
            throw new FlowException(
                FlowErrorCode.AlreadyExists,
                copy.IsOneFile == isFolder || copy.Overwrites
                    ? $"'{copy.Target}' is a {(isFolder ? "folder" : "file")}, and the statement writes a {(copy.IsOneFile ? "file" : "folder")} there. Name another place."
                    : $"There is something at '{copy.Target}' already. Name another place, or add OVERWRITE true; to add to a table of files, write a new folder below the one that its glob names.");
        }
    }

    private string RootOf(string target)
    {
        var root = Array.Find(_roots, folder => target.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            ?? throw new FlowException(
                FlowErrorCode.BadInput,
                $"Nothing may be written to '{target}': COPY writes below {(_roots.Length == 0 ? "no folder" : string.Join(" and ", _roots.Select(folder => $"'{folder}'")))} here. "
                + $"Name a place there, or add the folder to {SqlGatewayOptions.SectionName}:{nameof(SqlGatewayOptions.WritableFolders)} (flow silo --writable).");
        if (Path.GetRelativePath(root, target).Split(Path.DirectorySeparatorChar)[0] == StagingFolder)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"'{target}' lies in the folder of unfinished copies. Name another place.");
        }

        for (var path = target; path.Length > root.Length; path = Path.GetDirectoryName(path)!)
        {
            // A link could lead anywhere.
            if (new FileInfo(path).LinkTarget is not null)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"'{path}' is a link, and COPY does not follow links. Name the place itself, below a folder that may be written.");
            }
        }

        return root;
    }
}

/// <summary>What one statement writes. Nobody sees it before it is published, all at once.</summary>
internal sealed class CopyStaging(SqlCopy copy, string folder) : IDisposable
{
    private const string PublishedFolder = "_published";
    private const string ReplacedFolder = "_replaced";
    private const string TargetFile = "_target";

    /// <summary>Where tasks write.</summary>
    public string Folder => folder;

    /// <summary>Makes the files of tasks appear at the target, by one renaming.</summary>
    /// <param name="names">What the tasks that count have written; everything else there is dropped.</param>
    /// <exception cref="FlowException"><c>already_exists</c>: something came there in between; <c>store_unavailable</c>.</exception>
    public void Publish(IReadOnlyList<string> names)
    {
        try
        {
            CopyTargets.ThrowIfTaken(copy);
            var parent = Path.GetDirectoryName(copy.Target)!;
            Directory.CreateDirectory(parent);
            if (copy.IsOneFile)
            {
                File.Move(Directory.EnumerateFiles(Path.Combine(folder, names.Single())).Single(), copy.Target, copy.Overwrites);
            }
            else
            {
                var published = Gather(names);
                MakeRoom();
                Directory.Move(published, copy.Target);
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

        Delete(folder);
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

        Delete(folder);
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
        foreach (var written in names.Select(name => Path.Combine(folder, name)))
        {
            foreach (var file in Directory.EnumerateFiles(written, "*" + SinkWriter.UnfinishedEnding, SearchOption.AllDirectories).ToList())
            {
                var target = Path.Combine(published, Path.ChangeExtension(Path.GetRelativePath(written, file), copy.Ending));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Move(file, target);
            }
        }

        return published;
    }

    private void MakeRoom()
    {
        if (!Directory.Exists(copy.Target))
        {
            return;
        }

        if (copy.Overwrites)
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
