using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansFlow.Engine.Native;

/// <summary>Finds DuckDB's shared library once per process: an override by environment, then beside the assemblies.</summary>
internal static class NativeLibraryLoader
{
    /// <summary>Environment variable with the path of a DuckDB library; when set, no other place is tried.</summary>
    public const string OverrideVariable = "FLOW_DUCKDB_LIBRARY";

    private static readonly Lock Gate = new();
    private static nint _library;

    /// <summary>File name of the library on this platform.</summary>
    public static string FileName { get; } =
        OperatingSystem.IsWindows() ? "duckdb.dll" : OperatingSystem.IsMacOS() ? "libduckdb.dylib" : "libduckdb.so";

    /// <summary>Loads the library, or says which paths were tried.</summary>
    /// <exception cref="EngineException">No usable library was found.</exception>
    public static void EnsureLoaded()
    {
        lock (Gate)
        {
            if (_library == 0)
            {
                _library = Load(CandidatePaths(Environment.GetEnvironmentVariable(OverrideVariable)));
            }
        }
    }

    /// <summary>Loads the first of the paths that can be loaded.</summary>
    internal static nint Load(IReadOnlyList<string> paths)
    {
        var reasons = new List<string>();
        foreach (var path in paths)
        {
            if (!File.Exists(path))
            {
                reasons.Add($"{path} (no such file)");
                continue;
            }

            try
            {
                return NativeLibrary.Load(path);
            }
            catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
            {
                reasons.Add($"{path} ({exception.Message.ReplaceLineEndings(" ")})");
            }
        }

        throw new EngineException(
            $"The native engine (DuckDB) was not found. Tried: {string.Join("; ", reasons)}. " +
            $"Build again so that the npm package is restored, or set {OverrideVariable} to the path of {FileName}. " +
            "On Linux the library needs glibc 2.25 or newer and libstdc++.",
            EngineErrorKind.Library);
    }

    /// <summary>The paths tried, in order.</summary>
    internal static IReadOnlyList<string> CandidatePaths(string? overridePath)
    {
        if (!string.IsNullOrWhiteSpace(overridePath))
        {
            return [Path.GetFullPath(overridePath)];
        }

        string?[] folders = [Path.GetDirectoryName(typeof(NativeLibraryLoader).Assembly.Location), AppContext.BaseDirectory];
        return folders.Where(folder => !string.IsNullOrEmpty(folder))
            .Select(folder => Path.GetFullPath(Path.Combine(folder!, FileName)))
            .Distinct(StringComparer.Ordinal)
            .ToArray();
    }

    // A resolver must be in place before the first P/Invoke of the assembly, whichever type makes it.
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255", Justification = "Only registers a callback; nothing is loaded.")]
    internal static void Register() =>
        NativeLibrary.SetDllImportResolver(typeof(NativeLibraryLoader).Assembly, Resolve);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != DuckDb.Library)
        {
            return 0;
        }

        EnsureLoaded();
        return _library;
    }
}
