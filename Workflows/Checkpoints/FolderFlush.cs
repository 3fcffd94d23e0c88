using System.Runtime.InteropServices;

namespace OrleansFlow.Workflows.Checkpoints;

/// <summary>Flushes a folder's list of names, so that a file that was renamed in it has its new name after a power cut.</summary>
/// <remarks>POSIX asks for it (The Open Group Base Specifications, "fsync", rationale); .NET opens no folders, hence the calls. Windows keeps names in its journal.</remarks>
internal static partial class FolderFlush
{
    private const int ReadOnly = 0;

    /// <exception cref="IOException">The folder cannot be flushed; whether the rename is kept is not known.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var handle = Open(folder, ReadOnly);
        if (handle < 0)
        {
            throw Failed(folder);
        }

        var flushed = Sync(handle);
        var failure = flushed < 0 ? Failed(folder) : null;
        _ = Close(handle);
        if (failure is not null)
        {
            throw failure;
        }
    }

    private static IOException Failed(string folder) =>
        new($"Folder '{folder}' cannot be flushed to the disk: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Close(int handle);
}
