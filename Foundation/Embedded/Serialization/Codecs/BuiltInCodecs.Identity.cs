namespace Orleans.Embedded.Serialization;

/// <content>Ids of grains, activations and silos: their text.</content>
internal static partial class BuiltInCodecs
{
    private static void RegisterIdentity()
    {
        Text("grainid", static id => id.IsDefault ? "" : id.ToString(), static text => text.Length == 0 ? default : GrainId.Parse(text));
        Text("graintype", static type => type.ToString(), static text => new GrainType(IdSpan.Create(text)));
        Text("graininterfacetype", static name => name.ToString(), static text => new GrainInterfaceType(IdSpan.Create(text)));
        Text("idspan", static span => span.ToString(), static text => IdSpan.Create(text));
        Text("activationid", static id => id.IsDefault ? "" : id.ToParsableString(), static text => text.Length == 0 ? default : ActivationId.FromParsableString(text));
        Text("siloaddress", static silo => silo.ToParsableString(), static text => SiloAddress.FromParsableString(text));
        Text(
            "grainaddress",
            static address => $"{address.ActivationId.ToParsableString()} {address.SiloAddress?.ToParsableString()} {address.GrainId}",
            ParseAddress);
    }

    private static GrainAddress ParseAddress(string text) => text.Split(' ', 3) is [var activation, var silo, var grain]
        ? new GrainAddress
        {
            ActivationId = ActivationId.FromParsableString(activation),
            SiloAddress = silo.Length == 0 ? null : SiloAddress.FromParsableString(silo),
            GrainId = GrainId.Parse(grain),
        }
        : throw new FormatException("A grain address has three parts.");

    private static void Text<T>(string name, Func<T, string> format, Func<string, T> parse) =>
        CodecRegistry.Register(typeof(T), name, () => new ScalarCodec<T>(
            WireKind.Bytes,
            (writer, value) => writer.WriteString(format(value)),
            reader =>
            {
                var text = reader.ReadString();
                try
                {
                    return parse(text);
                }
                catch (Exception exception) when (exception is FormatException or ArgumentException)
                {
                    throw reader.Error($"'{text}' is no {typeof(T).Name}", exception);
                }
            }));
}
