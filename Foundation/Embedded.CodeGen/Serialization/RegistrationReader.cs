using Microsoft.CodeAnalysis;

namespace Orleans.CodeGen.Serialization;

/// <summary>Reads converters and codecs that users wrote and marked for registration.</summary>
internal static class RegistrationReader
{
    private const string Runtime = "global::Orleans.Embedded.Serialization.";

    public static (Registration? Registration, DiagnosticModel? Diagnostic) ReadConverter(INamedTypeSymbol type)
    {
        var contract = type.AllInterfaces.FirstOrDefault(
            static candidate => candidate.OriginalDefinition.ToDisplayString() == "Orleans.IConverter<TValue, TSurrogate>");
        if (contract?.TypeArguments[0] is not INamedTypeSymbol value)
        {
            return Bad(type, "it does not implement IConverter<TValue, TSurrogate>.");
        }

        if (Check(type) is { } problem)
        {
            return problem;
        }

        var surrogate = contract.TypeArguments[1].ToCode();
        var name = SerializationEmitter.Literal(value.OriginalDefinition.WireName());
        if (!type.IsGenericType)
        {
            return (new Registration(
                value.WireName(),
                $"{Runtime}CodecRegistry.RegisterConverter<{value.ToCode()}, {surrogate}>({name}, new {type.ToCode()}());",
                string.Empty), null);
        }

        if (!HasParametersOf(value, type))
        {
            return Bad(type, "a generic converter must have the type parameters of its value, in the same order.");
        }

        var factory = "ConverterOf_" + type.Name;
        var list = "<" + string.Join(", ", type.TypeParameters.Select(static parameter => parameter.Name)) + ">";
        var source = $$"""
            internal sealed class {{factory}}{{list}} : {{Runtime}}ICodecFactory{{SerializationSymbols.Constraints(type.TypeParameters)}}
            {
                public {{Runtime}}Codec Create() =>
                    {{Runtime}}CodecRegistry.CreateConverterCodec<{{value.ToCode()}}, {{surrogate}}>(new {{type.ToCode()}}());
            }
            """;
        var open = $"global::OrleansCodeGen.Converters.{factory}<{new string(',', type.Arity - 1)}>";
        return (new Registration(
            factory,
            $"{Runtime}CodecRegistry.RegisterGeneric(typeof({value.OriginalDefinition.OpenTypeOf()}), {name}, typeof({open}));",
            SerializationEmitter.File("OrleansCodeGen.Converters", source)), null);
    }

    public static (Registration? Registration, DiagnosticModel? Diagnostic) ReadCodec(INamedTypeSymbol type)
    {
        INamedTypeSymbol? codec = null;
        for (var current = type.BaseType; current is not null; current = current.BaseType)
        {
            if (current.OriginalDefinition.ToDisplayString() == "Orleans.Embedded.Serialization.Codec<T>")
            {
                codec = current;
            }
        }

        if (codec?.TypeArguments[0] is not INamedTypeSymbol value)
        {
            return Bad(type, "in the embedded runtime it must derive from Orleans.Embedded.Serialization.Codec<T>.");
        }

        if (Check(type) is { } problem)
        {
            return problem;
        }

        var name = SerializationEmitter.Literal(value.OriginalDefinition.WireName());
        if (!type.IsGenericType)
        {
            return (new Registration(
                value.WireName(),
                $"{Runtime}CodecRegistry.Register(typeof({value.ToCode()}), {name}, static () => new {type.ToCode()}());",
                string.Empty), null);
        }

        return HasParametersOf(value, type)
            ? (new Registration(
                value.WireName(),
                $"{Runtime}CodecRegistry.RegisterGeneric(typeof({value.OriginalDefinition.OpenTypeOf()}), {name}, typeof({type.OpenTypeOf()}));",
                string.Empty), null)
            : Bad(type, "a generic codec must have the type parameters of its value, in the same order.");
    }

    private static bool HasParametersOf(INamedTypeSymbol value, INamedTypeSymbol type) =>
        value.Arity == type.Arity
        && value.TypeArguments.Zip(type.TypeArguments, static (left, right) => SymbolEqualityComparer.Default.Equals(left, right))
            .All(static same => same);

    private static (Registration?, DiagnosticModel?)? Check(INamedTypeSymbol type)
    {
        if (!type.IsAccessible())
        {
            return Bad(type, "generated code cannot reach it; make it internal or public.");
        }

        var hasConstructor = type.InstanceConstructors.Any(static constructor =>
            constructor.Parameters.IsEmpty && SerializationSymbols.IsAccessible(constructor.DeclaredAccessibility));
        return hasConstructor ? null : Bad(type, "it needs a constructor without parameters.");
    }

    private static (Registration?, DiagnosticModel?) Bad(INamedTypeSymbol type, string why) =>
        (null, DiagnosticModel.Create(SerializationDiagnostics.BadRegistration, type, type.ToDisplayString(), why));
}
