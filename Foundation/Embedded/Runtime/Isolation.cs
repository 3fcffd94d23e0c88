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
    public static T Copy<T>(T value) => Kind<T>.IsAddressable ? AsReference(value) : DeepCopier.CopyValue(value);

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

    // A grain that hands out itself hands out a reference; nothing else than references may name a callee.
    private static T AsReference<T>(T value)
    {
        if (value is null or GrainReference)
        {
            return value;
        }

        var context = (value as IGrainBase)?.GrainContext
            ?? (ReferenceEquals(GrainExecution.Current?.GrainInstance, value) ? GrainExecution.Current : null)
            ?? throw new NotSupportedException(
                $"A value of type '{value.GetType()}' cannot be sent as '{typeof(T)}': only a reference can. "
                + "For an observer send what IGrainFactory.CreateObjectReference returns, and in a grain this.AsReference<T>().");
        return context.GrainReference is T untyped ? untyped : context.GrainReference.AsReference<T>();
    }

    private static class Kind<T>
    {
        public static readonly bool IsAddressable = typeof(IAddressable).IsAssignableFrom(typeof(T));
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
