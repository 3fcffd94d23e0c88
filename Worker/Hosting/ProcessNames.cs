using System.Diagnostics;
using System.Globalization;

namespace OrleansFlow.Worker.Hosting;

/// <summary>
/// Names of files and folders that belong to one worker of one process: <c>ID.PID</c>, or <c>ID.PID-N</c> where the process has more than one of
/// that id. A second worker with the same id, which its gateway refuses unless it is another one, must not touch what the first one uses.
/// </summary>
internal static class ProcessNames
{
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal);
    private static readonly Lock Gate = new();

    /// <summary>Gives a name to a worker of this process. Nobody else in the process gets it before it is given back.</summary>
    public static string Reserve(string workerId)
    {
        lock (Gate)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{workerId}.{Environment.ProcessId}");
            var free = name;
            for (var number = 2; !Reserved.Add(free); number++)
            {
                free = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
            }

            return free;
        }
    }

    /// <summary>Gives a name back.</summary>
    public static void Release(string name)
    {
        lock (Gate)
        {
            Reserved.Remove(name);
        }
    }

    /// <summary>Paths in a folder that workers of this id left that are no more. What this process reserved is none of them.</summary>
    /// <param name="folder">Where to look; one that is missing has none.</param>
    /// <param name="workerId">The worker.</param>
    /// <param name="extension">What follows the name, as <c>.exchange</c>; empty for nothing.</param>
    public static IReadOnlyList<string> LeftIn(string folder, string workerId, string extension)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        return
        [
            .. Directory.EnumerateFileSystemEntries(folder, workerId + ".*" + extension)
                .Where(path => Path.GetFileName(path) is var name && name.Length > workerId.Length + 1 + extension.Length && IsLeft(name[..^extension.Length], workerId))
                .Order(StringComparer.Ordinal),
        ];
    }

    private static bool IsLeft(string name, string workerId)
    {
        var process = name.AsSpan(workerId.Length + 1);
        if (process.IndexOf('-') is >= 0 and var dash)
        {
            if (!int.TryParse(process[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                return false;
            }

            process = process[..dash];
        }

        if (!int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return false;
        }

        // In a container each process has the number of the one before it.
        return id == Environment.ProcessId ? !IsReserved(name) : !IsAlive(id);
    }

    private static bool IsReserved(string name)
    {
        lock (Gate)
        {
            return Reserved.Contains(name);
        }
    }

    private static bool IsAlive(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // There is none with that number.
            return false;
        }
    }
}
