using Orleans.Embedded;

namespace Orleans.Runtime;

/// <summary>What the references of one grain type and interface share.</summary>
public class GrainReferenceShared
{
    internal GrainReferenceShared(GrainType grainType, GrainInterfaceType interfaceType, CallClient client)
    {
        GrainType = grainType;
        InterfaceType = interfaceType;
        Client = client;
    }

    /// <summary>The grain type.</summary>
    public GrainType GrainType { get; }

    /// <summary>The interface.</summary>
    public GrainInterfaceType InterfaceType { get; }

    internal CallClient Client { get; }
}

/// <summary>A reference to a grain; generated code derives one class for each grain interface.</summary>
public class GrainReference : IAddressable, IEquatable<GrainReference>, ISpanFormattable
{
    // The activation that answered last. Checked before use, so a stale one costs one directory lookup.
    internal Activation? _lastActivation;

    private readonly IdSpan _key;

    /// <summary>Creates a reference; for generated code.</summary>
    /// <param name="shared">What references of this type share.</param>
    /// <param name="key">The key of the grain.</param>
    protected GrainReference(GrainReferenceShared shared, IdSpan key)
    {
        Shared = shared;
        _key = key;
    }

    /// <summary>The id of the grain.</summary>
    public GrainId GrainId => new(Shared.GrainType, _key);

    /// <summary>The interface of the reference.</summary>
    public GrainInterfaceType InterfaceType => Shared.InterfaceType;

    /// <summary>The name of the interface.</summary>
    public virtual string InterfaceName => InterfaceType.ToString();

    internal GrainReferenceShared Shared { get; }

    /// <summary>Compares the grains referred to.</summary>
    public static bool operator ==(GrainReference? reference1, GrainReference? reference2) =>
        reference1 is null ? reference2 is null : reference1.Equals(reference2);

    /// <summary>Compares the grains referred to.</summary>
    public static bool operator !=(GrainReference? reference1, GrainReference? reference2) => !(reference1 == reference2);

    /// <summary>A reference to the same grain with another interface.</summary>
    /// <typeparam name="TGrainInterface">The interface.</typeparam>
    /// <returns>The reference.</returns>
    public virtual TGrainInterface Cast<TGrainInterface>()
        where TGrainInterface : IAddressable => this.AsReference<TGrainInterface>();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GrainReference);

    /// <inheritdoc/>
    public bool Equals(GrainReference? other) => other is not null && GrainId.Equals(other.GrainId);

    /// <inheritdoc/>
    public override int GetHashCode() => GrainId.GetHashCode();

    /// <summary>A hash that is the same in every process.</summary>
    /// <returns>The hash.</returns>
    public uint GetUniformHashCode() => GrainId.GetUniformHashCode();

    /// <inheritdoc/>
    public sealed override string ToString() => $"GrainReference:{GrainId}:{InterfaceType}";

    bool ISpanFormattable.TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        destination.TryWrite($"{ToString()}", out charsWritten);

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();
}
