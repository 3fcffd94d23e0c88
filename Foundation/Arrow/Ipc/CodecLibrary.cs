using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>Finds native compression libraries of the system.</summary>
internal static class CodecLibrary
{
    /// <summary>Loads a library by the names that systems give it, and says whether there is one.</summary>
    /// <param name="name">Its name without prefix and suffix.</param>
    /// <param name="version">Version of its binary interface, part of the file's name on Linux.</param>
    /// <param name="library">The handle; never freed.</param>
    public static bool TryLoad(string name, string version, out nint library)
    {
        foreach (var candidate in (ReadOnlySpan<string>)[$"lib{name}.so.{version}", $"lib{name}.{version}.dylib", $"lib{name}.dll", $"{name}.dll", name])
        {
            if (NativeLibrary.TryLoad(candidate, out library))
            {
                return true;
            }
        }

        library = 0;
        return false;
    }
}
