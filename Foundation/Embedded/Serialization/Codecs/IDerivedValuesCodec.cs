namespace Orleans.Embedded.Serialization;

/// <summary>Marks codecs whose values may be of types derived from the one that the codec stands for.</summary>
internal interface IDerivedValuesCodec;
