using System.Globalization;
using OrleansFlow.Tasks;

namespace OrleansFlow.Artifacts;

/// <summary>Names of artifacts relative to their root: <c>RUN/NODE/TASK/INDEX.eEPOCH.arrow</c>, for a standalone task <c>_tasks/ID/INDEX.eEPOCH.arrow</c>.</summary>
public static class ArtifactPath
{
    // No id begins with an underscore, so no run can have this name.
    private const string StandaloneFolder = "_tasks";
    private const string Extension = ".arrow";

    /// <summary>The folder of a task's artifacts.</summary>
    public static string FolderOf(TaskId task)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(task.IsDefault, true, nameof(task));
        return task.IsStandalone ? $"{StandaloneFolder}/{task.Value}" : task.Value;
    }

    /// <summary>The file of one batch.</summary>
    /// <param name="task">The producing task.</param>
    /// <param name="epoch">Epoch of its lease. At least 1.</param>
    /// <param name="index">0-based number of the batch.</param>
    public static string Of(TaskId task, long epoch, int index)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(epoch, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return string.Create(CultureInfo.InvariantCulture, $"{FolderOf(task)}/{index}.e{epoch}{Extension}");
    }

    /// <summary>Whether a text is a name that <see cref="Of"/> gives out; only such a name may be joined to the root.</summary>
    public static bool IsValid(string? path)
    {
        var slash = path?.LastIndexOf('/') ?? -1;
        if (slash < 0)
        {
            return false;
        }

        var folder = path!.AsSpan(0, slash);
        var isFolder = folder.StartsWith(StandaloneFolder + "/", StringComparison.Ordinal)
            ? IdText.IsValid(folder[(StandaloneFolder.Length + 1)..])
            : TaskId.TryParse(folder.ToString(), out var task) && !task.IsStandalone;
        return isFolder && TryParseFile(path.AsSpan(slash + 1), out _, out _);
    }

    /// <summary>The task whose artifact a path names; default when it is none.</summary>
    public static TaskId TaskOf(string? path)
    {
        if (!IsValid(path))
        {
            return default;
        }

        var folder = path![..path!.LastIndexOf('/')];
        return TaskId.Parse(folder.StartsWith(StandaloneFolder + "/", StringComparison.Ordinal) ? folder[(StandaloneFolder.Length + 1)..] : folder);
    }

    /// <summary>Takes the name of a file, without its folder, apart.</summary>
    /// <param name="file">Such as <c>3.e2.arrow</c>.</param>
    /// <param name="index">0-based number of the batch.</param>
    /// <param name="epoch">Epoch of the lease that it was written under.</param>
    /// <returns>False when it is no such name.</returns>
    public static bool TryParseFile(ReadOnlySpan<char> file, out int index, out long epoch)
    {
        (index, epoch) = (0, 0);
        if (!file.EndsWith(Extension, StringComparison.Ordinal))
        {
            return false;
        }

        file = file[..^Extension.Length];
        var mark = file.IndexOf(".e", StringComparison.Ordinal);
        return mark > 0
            && int.TryParse(file[..mark], NumberStyles.None, CultureInfo.InvariantCulture, out index)
            && long.TryParse(file[(mark + 2)..], NumberStyles.None, CultureInfo.InvariantCulture, out epoch);
    }
}
