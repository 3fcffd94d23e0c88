using System.ComponentModel;
using System.Runtime.InteropServices;

namespace OrleansFlow.Worker.Artifacts;

/// <summary>Makes names durable: a file that was synced can still lose its name in a power failure unless its folder is synced, too.</summary>
public static partial class FolderSync
{
    private const int OpenReadOnly = 0;

    /// <summary>Syncs a folder. Windows keeps names with the file, so nothing is needed there.</summary>
    /// <param name="folder">Absolute or relative path of a folder that exists.</param>
    /// <exception cref="IOException">The folder cannot be opened or synced.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(folder, OpenReadOnly);
        if (descriptor < 0)
        {
            throw Failure(folder);
        }

        try
        {
            if (Sync(descriptor) != 0)
            {
                throw Failure(folder);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failure(string folder)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"The folder '{folder}' cannot be synced: {new Win32Exception(error).Message}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
