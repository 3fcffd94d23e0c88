using System.Runtime.InteropServices;

namespace OrleansFlow.Streaming.Objects;

/// <summary>Moves of files that a power cut does not undo.</summary>
/// <remarks>
/// POSIX calls, since .NET opens no folders and its move without overwriting falls back to a copy, which a crash may cut in half: a link fails
/// when the name is taken and is there as a whole. Windows moves without overwriting by itself and keeps names in its journal.
/// </remarks>
internal static partial class DurableFile
{
    private const int ReadOnly = 0;
    private const int ExistsError = 17;

    /// <summary>Gives a complete file its name, unless that is taken; the temporary name is gone afterwards.</summary>
    /// <returns>False when the name is taken.</returns>
    public static bool TryMoveNew(string temporary, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                File.Move(temporary, path, overwrite: false);
                return true;
            }
            catch (IOException) when (File.Exists(path))
            {
                return false;
            }
        }

        if (Link(temporary, path) < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error == ExistsError ? false : throw Failed($"'{path}' cannot be made", error);
        }

        FlushFolder(Path.GetDirectoryName(path)!);
        return true;
    }

    /// <summary>Gives a complete file its name, in the place of what has it.</summary>
    public static void Move(string temporary, string path)
    {
        File.Move(temporary, path, overwrite: true);
        FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Makes a folder and those above it, up to one that exists.</summary>
    public static void CreateFolder(string folder)
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        var above = Path.GetDirectoryName(folder);
        if (above is not null)
        {
            CreateFolder(above);
        }

        Directory.CreateDirectory(folder);
        if (above is not null)
        {
            FlushFolder(above);
        }
    }

    /// <summary>Makes the names in a folder durable.</summary>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var handle = Open(folder, ReadOnly);
        if (handle < 0)
        {
            throw Failed($"Folder '{folder}' cannot be opened", Marshal.GetLastPInvokeError());
        }

        var error = Sync(handle) < 0 ? Marshal.GetLastPInvokeError() : 0;
        _ = Close(handle);
        if (error != 0)
        {
            throw Failed($"Folder '{folder}' cannot be flushed", error);
        }
    }

    private static IOException Failed(string what, int error) => error == 2
        ? new DirectoryNotFoundException($"{what}: {Marshal.GetPInvokeErrorMessage(error)}")
        : new IOException($"{what}: {Marshal.GetPInvokeErrorMessage(error)}");

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Link(string existing, string made);

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
