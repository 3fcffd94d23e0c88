using System.Diagnostics;
using System.Globalization;

namespace OrleansFlow.Worker.Hosting;

/// <summary>
/// Names of files and folders that belong to one process of a worker: <c>ID.PID</c>. A second process with the same id, which the gateway refuses,
/// must not touch what the first one uses.
/// </summary>
internal static class ProcessNames
{
    /// <summary>The name that this process uses for a worker.</summary>
    public static string Of(string workerId) => string.Create(CultureInfo.InvariantCulture, $"{workerId}.{Environment.ProcessId}");

    /// <summary>Paths in a folder that processes of this worker left that are no more; this process's own is one of them.</summary>
    /// <param name="folder">Where to look; one that is missing has none.</param>
    /// <param name="workerId">The worker.</param>
    /// <param name="extension">What follows the process id, as <c>.exchange</c>; empty for nothing.</param>
    public static IReadOnlyList<string> LeftIn(string folder, string workerId, string extension)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        return
        [
            .. Directory.EnumerateFileSystemEntries(folder, workerId + ".*" + extension)
                .Where(path => Path.GetFileName(path) is var name && name.Length > workerId.Length + 1 + extension.Length
                    && int.TryParse(name.AsSpan(workerId.Length + 1, name.Length - workerId.Length - 1 - extension.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var process)
                    && (process == Environment.ProcessId || !IsAlive(process)))
                .Order(StringComparer.Ordinal),
        ];
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
