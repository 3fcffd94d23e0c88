using System.Text.Json;

namespace OrleansFlow.Arrow;

/// <summary>
/// The name that gives a field's values a meaning beyond their storage type. It lives in the field's metadata, so every extension
/// type passes through unchanged, known or not. The names starting with <c>arrow.</c> are the canonical ones of the format.
/// </summary>
/// <param name="Name">For example <c>arrow.uuid</c>.</param>
/// <param name="Metadata">The type's own text; empty where it has none.</param>
public readonly record struct ArrowExtension(string Name, string Metadata = "")
{
    /// <summary>Key of the name in a field's metadata.</summary>
    public const string NameKey = "ARROW:extension:name";

    /// <summary>Key of the type's own text in a field's metadata.</summary>
    public const string MetadataKey = "ARROW:extension:metadata";

    /// <summary>Name of UUIDs: 16 bytes in network order.</summary>
    public const string UuidName = "arrow.uuid";

    /// <summary>Name of JSON: text in any layout.</summary>
    public const string JsonName = "arrow.json";

    /// <summary>Name of bools of 8 bits: int8, 0 is false.</summary>
    public const string Bool8Name = "arrow.bool8";

    /// <summary>Name of values of another system that only it understands, over any storage type.</summary>
    public const string OpaqueName = "arrow.opaque";

    /// <summary>The extension of a field; null when it has none.</summary>
    public static ArrowExtension? Of(ArrowField field)
    {
        ArgumentNullException.ThrowIfNull(field);
        string? name = null;
        var metadata = "";
        foreach (var (key, value) in field.Metadata)
        {
            name = key == NameKey ? value : name;
            metadata = key == MetadataKey ? value : metadata;
        }

        return name is null ? null : new ArrowExtension(name, metadata);
    }

    /// <summary>A field of UUIDs.</summary>
    public static ArrowField Uuid(string name, bool isNullable = true) =>
        new ArrowExtension(UuidName).Field(name, ArrowType.FixedSizeBinary(16), isNullable);

    /// <summary>A field of JSON texts.</summary>
    public static ArrowField Json(string name, bool isNullable = true) => new ArrowExtension(JsonName).Field(name, ArrowType.Utf8, isNullable);

    /// <summary>A field of bools of 8 bits.</summary>
    public static ArrowField Bool8(string name, bool isNullable = true) => new ArrowExtension(Bool8Name).Field(name, ArrowType.Int8, isNullable);

    /// <summary>A field of values that only another system understands.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="storage">How the values are stored.</param>
    /// <param name="typeName">The type's name in that system.</param>
    /// <param name="vendorName">The system.</param>
    /// <param name="isNullable">Whether values may be null. Default true.</param>
    public static ArrowField Opaque(string name, ArrowType storage, string typeName, string vendorName, bool isNullable = true)
    {
        ArgumentNullException.ThrowIfNull(typeName);
        ArgumentNullException.ThrowIfNull(vendorName);
        var text = $"{{\"type_name\":\"{JsonEncodedText.Encode(typeName)}\",\"vendor_name\":\"{JsonEncodedText.Encode(vendorName)}\"}}";
        return new ArrowExtension(OpaqueName, text).Field(name, storage, isNullable);
    }

    /// <summary>A field with this extension.</summary>
    /// <param name="name">Name of the field.</param>
    /// <param name="storage">How the values are stored.</param>
    /// <param name="isNullable">Whether values may be null. Default true.</param>
    /// <exception cref="ArgumentException">The storage is not one that a canonical extension allows.</exception>
    public ArrowField Field(string name, ArrowType storage, bool isNullable = true)
    {
        ArgumentNullException.ThrowIfNull(storage);
        var fits = Name switch
        {
            UuidName => storage is FixedSizeBinaryType { ByteWidth: 16 },
            JsonName => storage is StringType or StringViewType,
            Bool8Name => storage.Id == ArrowTypeId.Int8,
            _ => true,
        };
        return fits
            ? new ArrowField(name, storage, isNullable, [new(NameKey, Name), new(MetadataKey, Metadata)])
            : throw new ArgumentException($"{Name} cannot be stored as {storage.Name}.", nameof(storage));
    }
}
