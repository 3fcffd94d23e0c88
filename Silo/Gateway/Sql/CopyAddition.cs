using System.Text;
using OrleansFlow.Errors;
using OrleansFlow.Worker.Artifacts;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>
/// Puts files into a folder that holds others: all of them, or none. One renaming cannot do it, so (1) a note of the files is made durable in the staging folder, (2) each file is renamed,
/// one that has its name being put aside first. With the last one they count. Whoever finds a note whose files have not all left the staging folder takes the step back: the files
/// that arrived return, and those put aside come back. Each part of that can be repeated after a crash. A note of which nothing is left to rename is only removed.
/// </summary>
/// <remarks>Moving rather than linking: what others put into the folder meanwhile stays. While the files are renamed, a reader of the folder may see some of them.</remarks>
internal static class CopyAddition
{
    private const string NoteFile = "_added";
    private const string AsideFolder = "_aside";

    /// <summary>Adds files.</summary>
    /// <param name="staging">Folder of the note and of what is put aside; on the target's file system.</param>
    /// <param name="published">Folder of the files, as they shall lie below the target.</param>
    /// <param name="target">A folder that is there.</param>
    /// <param name="replaces">Whether files of the same names give way.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: a folder of the target is a link; <c>already_exists</c>: something has the name of a file.</exception>
    /// <exception cref="IOException">A file cannot be put there. As after the other errors, the target is as it was, or <see cref="TryTakeBack"/> will make it so.</exception>
    public static void Add(string staging, string published, string target, bool replaces)
    {
        List<string> files = [.. Directory.EnumerateFiles(published, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(published, file)).Order(StringComparer.Ordinal)];
        foreach (var file in files)
        {
            ThrowIfNotAddable(target, file, replaces);
        }

        // 1.
        WriteNote(staging, [target, .. files]);

        // 2.
        var isDone = false;
        try
        {
            var folders = new HashSet<string>(StringComparer.Ordinal);
            foreach (var file in files)
            {
                var place = Path.Combine(target, file);
                if (replaces && File.Exists(place))
                {
                    Move(place, Path.Combine(staging, AsideFolder, file));
                }

                Move(Path.Combine(published, file), place);
                folders.Add(Path.GetDirectoryName(place)!);
            }

            foreach (var folder in folders.Append(target))
            {
                FolderSync.Flush(folder);
            }

            isDone = true;
        }
        finally
        {
            if (!isDone)
            {
                TakeBack(staging, published, target, files);
            }
        }
    }

    /// <summary>Ends what <see cref="Add"/> began, and takes it back unless all files have arrived. Without a note nothing happens.</summary>
    /// <param name="staging">As it was given to <see cref="Add"/>.</param>
    /// <param name="published">As it was given to <see cref="Add"/>.</param>
    /// <returns>Whether the staging folder holds nothing any more that belongs elsewhere; if not, it must stay.</returns>
    public static bool TryTakeBack(string staging, string published)
    {
        var note = Path.Combine(staging, NoteFile);
        try
        {
            if (File.Exists(note) && File.ReadAllText(note).Split('\0') is [var target, .. var files, ""])
            {
                if (files.Any(file => File.Exists(Path.Combine(published, file))))
                {
                    TakeBack(staging, published, target, files);
                }
                else
                {
                    RemoveNote(staging);
                }
            }

            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next sweep tries again.
            return false;
        }
    }

    private static void TakeBack(string staging, string published, string target, IReadOnlyList<string> files)
    {
        foreach (var file in files)
        {
            var place = Path.Combine(target, file);
            var origin = Path.Combine(published, file);
            var aside = Path.Combine(staging, AsideFolder, file);
            var isPutAside = File.Exists(aside);
            if (!File.Exists(origin) && File.Exists(place))
            {
                // Back to where it came from and not away: then a second pass sees that it need not go back, even when the place has its old file again.
                Move(place, origin);
            }

            if (isPutAside)
            {
                Move(aside, place);
            }

            RemoveEmpty(Path.GetDirectoryName(place)!, target);
        }

        RemoveNote(staging);
    }

    private static void ThrowIfNotAddable(string target, string file, bool replaces)
    {
        var place = Path.Combine(target, file);
        for (var folder = Path.GetDirectoryName(place)!; folder.Length > target.Length; folder = Path.GetDirectoryName(folder)!)
        {
            // A link could lead anywhere.
            if (new DirectoryInfo(folder).LinkTarget is not null)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"'{folder}' is a link, and COPY does not follow links. Put a folder in its place, or write to another target.");
            }
        }

        if (Directory.Exists(place) || (!replaces && File.Exists(place)))
        {
            throw new FlowException(FlowErrorCode.AlreadyExists, $"'{place}' is there already, and the statement writes a file of that name. Move it away, or write to another target.");
        }
    }

    private static void WriteNote(string staging, IEnumerable<string> lines)
    {
        // No path holds a zero, but one may hold a line's end. The last one says that the note is whole.
        using (var note = new FileStream(Path.Combine(staging, NoteFile), FileMode.CreateNew))
        {
            note.Write(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + '\0'))));
            note.Flush(flushToDisk: true);
        }

        FolderSync.Flush(staging);
    }

    private static void RemoveNote(string staging)
    {
        File.Delete(Path.Combine(staging, NoteFile));
        FolderSync.Flush(staging);
    }

    private static void Move(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Move(from, to, overwrite: false);
    }

    private static void RemoveEmpty(string folder, string target)
    {
        for (; folder.Length > target.Length && Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any(); folder = Path.GetDirectoryName(folder)!)
        {
            Directory.Delete(folder);
        }
    }
}
