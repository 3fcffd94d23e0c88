namespace Orleans.Embedded.Serialization;

/// <summary>Makes the codec of a generic type when the codec has other type parameters (generic converters).</summary>
public interface ICodecFactory
{
    /// <summary>Makes the codec.</summary>
    /// <returns>The codec.</returns>
    Codec Create();
}
