using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Orleans.CodeGen.Grains;

namespace OrleansFlow.Tests.Embedded.CodeGen;

/// <summary>Calls the generator on small sources and compiles what comes out.</summary>
public sealed class GrainGeneratorTests
{
    [Fact]
    public void Interface_WithEveryKindOfMember_Compiles()
    {
        var (errors, generated) = Run(
            """
            #nullable enable
            using System;
            using System.Collections.Generic;
            using System.Threading;
            using System.Threading.Tasks;
            using Orleans;
            using Orleans.Concurrency;
            namespace My.Space
            {
                public class Payload { public int X; }
                public class Outer
                {
                    public interface IBase : IGrainWithStringKey { Task BaseAsync(string? text); Task BaseAsync(int number); }
                    internal interface IEverything<TItem> : IBase, IRemindable where TItem : class, new()
                    {
                        Task @event(int @class);
                        Task<Dictionary<string, List<int?>?>> DeepAsync((int A, string? B) pair, TItem? item, Payload[] payloads);
                        ValueTask PlainAsync();
                        ValueTask<T?> GenericAsync<T>(T? value, CancellationToken cancellationToken) where T : struct, IComparable<T>;
                        Task<T> ConstrainedAsync<T>(T value) where T : class?, TItem;
                        IAsyncEnumerable<TItem> ItemsAsync(Payload filter, CancellationToken cancellationToken);
                        IAsyncEnumerable<T> ManyAsync<T>(int count);
                        Task<T?> MaybeAsync<T>(T? value);
                        Task<T?> MaybeClassAsync<T>(T? value) where T : class;
                        Task<T?> MaybePayloadAsync<T>(T? value) where T : Payload;
                        Task<T?> MaybeNotNullAsync<T>(T? value, List<T?> more) where T : notnull;
                        Task<T> NumberAsync<T>(T value) where T : unmanaged, Enum;
                        Task<(TKey Key, TValue? Value)> PairAsync<TKey, TValue>(IDictionary<TKey, TValue?> map) where TKey : notnull, IComparable<TKey>;
                        [OneWay] void Forget(int number);
                        [OneWay] ValueTask ForgetAsync(Payload payload);
                        [ReadOnly, ResponseTimeout("00:00:05")] Task<string> ReadAsync();
                        int WithBody() => 1;
                        static int Static() => 2;
                    }
                }
                public interface IVariant<in TIn, out TOut> : IGrainWithIntegerKey { Task TakeAsync(TIn value); }
                public interface IDiamond : IVariant<string, int>, IVariant<int, string> { new Task TakeAsync(string value); Task T<TItem>(TItem t); }
                public interface ISimpleGrain : IGrainWithGuidKey { Task RunAsync(); }
                public sealed partial class SimpleGrain : Grain, ISimpleGrain { public Task RunAsync() => Task.CompletedTask; }
                [GrainType("named")] public class Other : Grain, ISimpleGrain { public Task RunAsync() => Task.CompletedTask; }
                public abstract class AbstractGrain : Grain, ISimpleGrain { public abstract Task RunAsync(); }
                public sealed class Plain : ISimpleGrain { public Task RunAsync() => Task.CompletedTask; }
                public sealed class OpenGrain<T> : Grain, ISimpleGrain { public Task RunAsync() => Task.CompletedTask; }
                public class Hiding<T> { private sealed class InnerGrain : Grain, ISimpleGrain { public Task RunAsync() => Task.CompletedTask; } }
            }
            """);

        Assert.Empty(errors);
        var module = generated.Single(source => source.Contains("GeneratedGrainModule : ", StringComparison.Ordinal));
        Assert.Contains("AddClass(typeof(global::My.Space.SimpleGrain), \"simple\")", module, StringComparison.Ordinal);
        Assert.Contains("AddClass(typeof(global::My.Space.Other), \"named\")", module, StringComparison.Ordinal);
        Assert.DoesNotContain("AbstractGrain", module, StringComparison.Ordinal);
        Assert.Contains("AddClass(typeof(global::My.Space.Plain), \"plain\")", module, StringComparison.Ordinal);
        Assert.Contains("AddClass(typeof(global::My.Space.OpenGrain<>), \"open`1\")", module, StringComparison.Ordinal);
        Assert.Contains("AddHiddenClass(\"My.Space.Hiding`1+InnerGrain\", \"inner`1\")", module, StringComparison.Ordinal);
        Assert.Contains("ApplicationPartAttribute(\"Generated\")", module, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("int GetNumber();", "it returns 'int'")]
    [InlineData("int Number { get; }", "methods only")]
    [InlineData("Task RunAsync(ref int number);", "by reference")]
    public void Interface_WithAnUnsupportedMember_IsRefused(string member, string reason)
    {
        var (errors, _) = Run($"using System.Threading.Tasks; using Orleans; public interface IBad : IGrainWithStringKey {{ {member} }}");

        var error = Assert.Single(errors);
        Assert.Equal("FLOW1001", error.Id);
        Assert.Contains(reason, error.GetMessage(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("public class Outer { private interface IBad : IGrainWithStringKey { Task RunAsync(); } }", "private")]
    [InlineData("file interface IBad : IGrainWithStringKey { Task RunAsync(); }", "file-local")]
    [InlineData("public class Outer<T> { public interface IBad : IGrainWithStringKey { Task RunAsync(); } }", "inside a generic type")]
    public void Interface_ThatCannotBeNamed_IsRefused(string source, string reason)
    {
        var (errors, _) = Run("using System.Threading.Tasks; using Orleans; " + source);

        var error = Assert.Single(errors);
        Assert.Equal("FLOW1002", error.Id);
        Assert.Contains(reason, error.GetMessage(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    private static (List<Diagnostic> Errors, List<string> Generated) Run(string source)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal)
                || Path.GetFileName(path) is "OrleansFlow.Embedded.dll" or "netstandard.dll")
            .Append(typeof(Grain).Assembly.Location)
            .Distinct()
            .Select(path => MetadataReference.CreateFromFile(path));
        var token = TestContext.Current.CancellationToken;
        var compilation = CSharpCompilation.Create(
            "Generated",
            [CSharpSyntaxTree.ParseText(source, cancellationToken: token)],
            references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        var driver = CSharpGeneratorDriver.Create(new GrainGenerator().AsSourceGenerator())
            .RunGeneratorsAndUpdateCompilation(compilation, out var output, out var diagnostics, token);
        var errors = output.GetDiagnostics(token).Concat(diagnostics)
            .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
            .ToList();
        return (errors, [.. driver.GetRunResult().GeneratedTrees.Select(tree => tree.ToString())]);
    }
}
