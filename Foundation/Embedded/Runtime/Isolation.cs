using System.Runtime.CompilerServices;
using Orleans.Embedded.Serialization;
using Orleans.Serialization;

namespace Orleans.Embedded;

/// <summary>Keeps caller and grain apart: what passes between them is copied unless it is immutable.</summary>
public static class Isolation
{
    /// <summary>Copies a value.</summary>
    /// <typeparam name="T">The declared type.</typeparam>
    /// <param name="value">The value.</param>
    /// <returns>The copy, or the value itself when it is immutable.</returns>
    public static T Copy<T>(T value) => DeepCopier.CopyValue(value);

    internal static RequestContextValues? Copy(RequestContextValues? context)
    {
        if (context is null || context.Values.IsEmpty)
        {
            return context;
        }

        var values = context.Values;
        foreach (var (key, value) in context.Values)
        {
            var copy = DeepCopier.CopyValue(value);
            if (!ReferenceEquals(copy, value))
            {
                values = values.SetItem(key, copy);
            }
        }

        return ReferenceEquals(values, context.Values) ? context : new RequestContextValues(values, context.ReentrancyId);
    }

    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Usage", "CA2255:The 'ModuleInitializer' attribute should not be used in libraries",
        Justification = "The rule must hold before the first copy, wherever that is made.")]
    internal static void ShareReferences()
    {
        // A reference names a grain and holds nothing of it; handing it over as it is costs nothing.
        CodecRegistry.RegisterShared(static type => typeof(IAddressable).IsAssignableFrom(type));
    }
}
