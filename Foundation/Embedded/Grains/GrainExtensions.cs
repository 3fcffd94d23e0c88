namespace Orleans;

/// <summary>Questions about a grain or a reference to one.</summary>
public static class GrainExtensions
{
    /// <summary>A typed reference to a grain.</summary>
    /// <typeparam name="TGrainInterface">The interface of the reference.</typeparam>
    /// <param name="grain">A grain, or a reference.</param>
    /// <returns>The reference.</returns>
    public static TGrainInterface AsReference<TGrainInterface>(this IAddressable grain) =>
        (TGrainInterface)grain.AsReference(typeof(TGrainInterface));

    /// <summary>A typed reference to the grain of another reference.</summary>
    /// <typeparam name="TGrainInterface">The interface of the reference.</typeparam>
    /// <param name="grain">A grain, or a reference.</param>
    /// <returns>The reference.</returns>
    public static TGrainInterface Cast<TGrainInterface>(this IAddressable grain) => grain.AsReference<TGrainInterface>();

    /// <summary>A typed reference to a grain.</summary>
    /// <param name="grain">A grain, or a reference.</param>
    /// <param name="interfaceType">The interface of the reference.</param>
    /// <returns>The reference.</returns>
    public static object AsReference(this IAddressable grain, Type interfaceType)
    {
        ArgumentNullException.ThrowIfNull(grain);
        var reference = grain as GrainReference ?? Context(grain).GrainReference;
        return interfaceType.IsInstanceOfType(reference)
            ? reference
            : reference.Shared.Client.References.Create(reference.GrainId, interfaceType);
    }

    /// <summary>A typed reference to the grain of another reference.</summary>
    /// <param name="grain">A grain, or a reference.</param>
    /// <param name="interfaceType">The interface of the reference.</param>
    /// <returns>The reference.</returns>
    public static object Cast(this IAddressable grain, Type interfaceType) => grain.AsReference(interfaceType);

    /// <summary>The id of a grain.</summary>
    /// <param name="grain">A grain, or a reference.</param>
    /// <returns>The id.</returns>
    public static GrainId GetGrainId(this IAddressable grain)
    {
        ArgumentNullException.ThrowIfNull(grain);
        return grain is GrainReference reference ? reference.GrainId : Context(grain).GrainId;
    }

    /// <summary>Whether the key is an integer.</summary>
    /// <param name="grain">A grain, or a reference.</param>
    /// <returns>True when the key can be read as an integer.</returns>
    public static bool IsPrimaryKeyBasedOnLong(this IAddressable grain) => grain.GetGrainId().TryGetIntegerKey(out _, out _);

    /// <summary>The integer of the key.</summary>
    /// <param name="grain">A grain, or a reference.</param>
    /// <param name="keyExt">The string of a compound key; null when there is none.</param>
    /// <returns>The integer.</returns>
    /// <exception cref="InvalidOperationException">The key is not an integer.</exception>
    public static long GetPrimaryKeyLong(this IAddressable grain, out string? keyExt) => grain.GetGrainId() is var id && id.TryGetIntegerKey(out var key, out keyExt) ? key : throw NotOf(id, "an integer");

    /// <summary>The integer of the key.</summary>
    /// <param name="grain">A grain, or a reference.</param>
    /// <returns>The integer.</returns>
    /// <exception cref="InvalidOperationException">The key is not an integer.</exception>
    public static long GetPrimaryKeyLong(this IAddressable grain) => grain.GetPrimaryKeyLong(out _);

    /// <summary>The GUID of the key.</summary>
    /// <param name="grain">A grain, or a reference.</param>
    /// <param name="keyExt">The string of a compound key; null when there is none.</param>
    /// <returns>The GUID.</returns>
    /// <exception cref="InvalidOperationException">The key is not a GUID.</exception>
    public static Guid GetPrimaryKey(this IAddressable grain, out string? keyExt) => grain.GetGrainId() is var id && id.TryGetGuidKey(out var key, out keyExt) ? key : throw NotOf(id, "a GUID");

    /// <summary>The GUID of the key.</summary>
    /// <param name="grain">A grain, or a reference.</param>
    /// <returns>The GUID.</returns>
    /// <exception cref="InvalidOperationException">The key is not a GUID.</exception>
    public static Guid GetPrimaryKey(this IAddressable grain) => grain.GetPrimaryKey(out _);

    /// <summary>The string key, or the text of another kind of key.</summary>
    /// <param name="grain">A grain, or a reference.</param>
    /// <returns>The string.</returns>
    public static string GetPrimaryKeyString(this IAddressable grain) => grain.GetGrainId().Key.ToString();

    private static InvalidOperationException NotOf(GrainId id, string kind) => new($"The key of grain '{id}' is not {kind}.");

    private static IGrainContext Context(IAddressable grain) => grain is IGrainBase { GrainContext: { } context }
        ? context
        : throw new ArgumentException(
            $"An object of type '{grain.GetType()}' is neither a grain nor a reference to one; pass a grain or what IGrainFactory.GetGrain returned.",
            nameof(grain));
}
