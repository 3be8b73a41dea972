//! The smallest component that exports `wasi:http/incoming-handler`.

use wasm_encoder::*;

/// A component whose handler is `code`, with so many pages of memory. It imports no more of `wasi:http/types` than the
/// two resources that it is called with.
pub fn with_handler(code: &[Instruction<'_>], pages: u64) -> Vec<u8> {
    let mut component = Component::new();
    import_types(&mut component);
    component.section(&ModuleSection(&module(code, pages)));
    let mut instances = InstanceSection::new();
    component.section(instances.instantiate::<[_; 0], &str>(0, []));
    let mut aliases = ComponentAliasSection::new();
    let name = "handle";
    component.section(aliases.alias(Alias::CoreInstanceExport { instance: 0, kind: ExportKind::Func, name }));
    lift(&mut component);
    export_handler(&mut component);
    component.finish()
}

/// A component that imports one interface of this name, and does nothing.
pub fn with_import(name: &str) -> Vec<u8> {
    let mut component = Component::new();
    let mut types = ComponentTypeSection::new();
    types.function().params::<[_; 0], ComponentValType>([]).result(None);
    component.section(&types);
    let mut imports = ComponentImportSection::new();
    imports.import(name, ComponentTypeRef::Func(0));
    component.section(&imports);
    component.finish()
}

/// Types 1 and 2: the request and the place for its response.
fn import_types(component: &mut Component) {
    let names = ["incoming-request", "response-outparam"];
    let mut interface = InstanceType::new();
    for name in names {
        interface.export(name, ComponentTypeRef::Type(TypeBounds::SubResource));
    }
    let mut types = ComponentTypeSection::new();
    types.instance(&interface);
    component.section(&types);
    let mut imports = ComponentImportSection::new();
    imports.import("wasi:http/types@0.2.0", ComponentTypeRef::Instance(0));
    component.section(&imports);
    let mut aliases = ComponentAliasSection::new();
    for name in names {
        aliases.alias(Alias::InstanceExport { instance: 0, kind: ComponentExportKind::Type, name });
    }
    component.section(&aliases);
}

/// A core module with the function `handle` and a memory.
fn module(code: &[Instruction<'_>], pages: u64) -> Module {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32, ValType::I32], []);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: pages, maximum: None, memory64: false, shared: false, page_size_log2: None });
    let mut exports = ExportSection::new();
    exports.export("handle", ExportKind::Func, 0);
    let mut function = Function::new([]);
    for instruction in code {
        function.instruction(instruction);
    }
    function.instruction(&Instruction::End);
    let mut bodies = CodeSection::new();
    bodies.function(&function);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories).section(&exports).section(&bodies);
    module
}

/// Function 0: the core function with the handler's type.
fn lift(component: &mut Component) {
    let mut types = ComponentTypeSection::new();
    types.defined_type().own(1);
    types.defined_type().own(2);
    let parameters = [("request", ComponentValType::Type(3)), ("response-out", ComponentValType::Type(4))];
    types.function().params(parameters).result(None);
    component.section(&types);
    let mut functions = CanonicalFunctionSection::new();
    functions.lift(0, 5, []);
    component.section(&functions);
}

fn export_handler(component: &mut Component) {
    let mut instances = ComponentInstanceSection::new();
    instances.export_items([("handle", ComponentExportKind::Func, 0)]);
    component.section(&instances);
    let mut exports = ComponentExportSection::new();
    exports.export("wasi:http/incoming-handler@0.2.0", ComponentExportKind::Instance, 1, None);
    component.section(&exports);
}
