using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Orleans.Embedded.Serialization;

/// <summary>
/// Finds assemblies with generated codecs of which nothing has been used yet, so that their initializers have not run:
/// those that are loaded and reference the runtime, and what they reference themselves.
/// </summary>
internal static class ApplicationAssemblies
{
    private static readonly ConcurrentDictionary<string, byte> Searched = new(StringComparer.Ordinal);
    private static readonly string? RuntimeName = typeof(ApplicationAssemblies).Assembly.GetName().Name;

    /// <summary>Runs the initializers of assemblies that were not seen before.</summary>
    /// <returns>Whether there were any.</returns>
    public static bool InitializeNew()
    {
        var any = false;
        var pending = new Queue<Assembly>(AppDomain.CurrentDomain.GetAssemblies());
        while (pending.TryDequeue(out var assembly))
        {
            if (assembly.IsDynamic || !Searched.TryAdd(assembly.FullName ?? string.Empty, 0))
            {
                continue;
            }

            var references = assembly.GetReferencedAssemblies();
            if (!Array.Exists(references, static reference => reference.Name == RuntimeName))
            {
                continue;
            }

            RuntimeHelpers.RunModuleConstructor(assembly.ManifestModule.ModuleHandle);
            any = true;
            foreach (var reference in references)
            {
                if (!IsPlatform(reference) && TryLoad(reference) is { } loaded)
                {
                    pending.Enqueue(loaded);
                }
            }
        }

        return any;
    }

    private static bool IsPlatform(AssemblyName name) =>
        name.Name is null || name.Name.StartsWith("System.", StringComparison.Ordinal)
        || name.Name.StartsWith("Microsoft.", StringComparison.Ordinal);

    private static Assembly? TryLoad(AssemblyName name)
    {
        try
        {
            return Assembly.Load(name);
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException)
        {
            // An optional reference that was not deployed holds no codec that could be needed.
            return null;
        }
    }
}
