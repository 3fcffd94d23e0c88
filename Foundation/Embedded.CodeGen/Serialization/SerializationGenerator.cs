using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Orleans.CodeGen.Serialization;

/// <summary>Generates a codec for each type with [GenerateSerializer], and the initializer that registers them.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class SerializationGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var types = context.SyntaxProvider.ForAttributeWithMetadataName(
            "Orleans.GenerateSerializerAttribute",
            static (_, _) => true,
            static (match, _) => SerializedTypeReader.Read((INamedTypeSymbol)match.TargetSymbol, match.Attributes[0]));
        var converters = Registrations(context, "Orleans.RegisterConverterAttribute", RegistrationReader.ReadConverter);
        var serializers = Registrations(context, "Orleans.RegisterSerializerAttribute", RegistrationReader.ReadCodec);
        var copiers = Registrations(context, "Orleans.RegisterCopierAttribute", RegistrationReader.ReadCodec);

        context.RegisterSourceOutput(types, static (output, type) =>
        {
            foreach (var diagnostic in type.Diagnostics)
            {
                output.ReportDiagnostic(diagnostic.ToDiagnostic());
            }

            if (!type.HasErrors && !type.IsEnum)
            {
                output.AddSource(
                    SerializationEmitter.FileName(type.Namespace, type.CodecName), SerializationEmitter.Codec(type));
            }
        });

        var everything = types.Collect()
            .Combine(converters.Collect())
            .Combine(serializers.Collect())
            .Combine(copiers.Collect())
            .Combine(context.CompilationProvider.Select(static (compilation, _) => compilation.AssemblyName ?? "Assembly"));
        context.RegisterSourceOutput(everything, static (output, input) =>
        {
            var ((((found, fromConverters), fromSerializers), fromCopiers), assemblyName) = input;
            Register(output, assemblyName, found, [.. fromConverters, .. fromSerializers, .. fromCopiers]);
        });
    }

    private static IncrementalValuesProvider<(Registration? Registration, DiagnosticModel? Diagnostic)> Registrations(
        IncrementalGeneratorInitializationContext context,
        string attribute,
        Func<INamedTypeSymbol, (Registration? Registration, DiagnosticModel? Diagnostic)> read) =>
        context.SyntaxProvider.ForAttributeWithMetadataName(
            attribute, static (_, _) => true, (match, _) => read((INamedTypeSymbol)match.TargetSymbol));

    private static void Register(
        SourceProductionContext output,
        string assemblyName,
        ImmutableArray<SerializedType> types,
        (Registration? Registration, DiagnosticModel? Diagnostic)[] registrations)
    {
        foreach (var duplicate in types.GroupBy(static type => type.WireName).Where(static group => group.Count() > 1))
        {
            output.ReportDiagnostic(duplicate.Last().Declaration.ToDiagnostic());
        }

        foreach (var (_, diagnostic) in registrations)
        {
            if (diagnostic is not null)
            {
                output.ReportDiagnostic(diagnostic.ToDiagnostic());
            }
        }

        var good = types.Where(static type => !type.HasErrors).ToArray();
        var extra = registrations.Select(static pair => pair.Registration).OfType<Registration>().Distinct().ToArray();
        foreach (var registration in extra.Where(static registration => registration.Source.Length > 0))
        {
            output.AddSource($"{registration.Name}.g.cs", registration.Source);
        }

        if (good.Length > 0 || extra.Length > 0)
        {
            output.AddSource(
                "SerializationRegistrations.g.cs", SerializationEmitter.Registrations(assemblyName, good, extra));
        }
    }
}
