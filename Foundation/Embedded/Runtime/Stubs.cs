#pragma warning disable
using Microsoft.Extensions.DependencyInjection;
using Orleans.Core;
namespace Orleans.Embedded;
internal static class GrainExecution { public static Activation? Current => null; public static IGrainContext RequireCurrent() => throw new InvalidOperationException(); }
internal static class StateComposition { public static IStorage<T> ForGrainOfState<T>(IGrainContext c, Type t) => throw new InvalidOperationException(); }
internal sealed class Activation { public void EnterReentrantSection(Guid g) {} public void LeaveReentrantSection(Guid g) {} }
internal sealed class CallClient { public ReferenceFactory References => throw new InvalidOperationException(); }
internal sealed class ReferenceFactory { public object Create(GrainId id, Type t) => throw new InvalidOperationException(); }
internal interface IGrainEnumerable { int MaxBatchSize { get; set; } }
internal sealed class SiloRuntime { public void Kill() {} }
