#!/usr/bin/env bash
# What a real GPU's compiler makes of every pipeline of a `paper` step, without that GPU: bash tests/shader_stats.sh [FOLDER]
#
# Mesa's RADV compiles for AMD cards that are not there (a null device), here for an RDNA 2 one, and says of each pipeline its registers, what
# it spills, its workgroup memory, how many of its waves a SIMD holds at once, and the bytes of its code. FOLDER has the pipelines as SPIR-V,
# NUMBER-SHADER.spv; without it, a test writes them with wgpu's own translation (target/shaders). Exit code 1: a pipeline spills, or a SIMD holds
# fewer than half of the waves that it could; 2: it could not be found out.
# Needs Mesa's Vulkan drivers and libvulkan, which tests/run.sh installs, and a Python (PYTHON, python3) that can make a virtual environment for
# the package `vulkan`.
set -euo pipefail
folder=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."

driver=/usr/share/vulkan/icd.d/radeon_icd.$(uname -m).json
[ -e "$driver" ] || { echo "shader_stats.sh: $driver is not there: install mesa-vulkan-drivers" >&2; exit 2; }
python=${PYTHON:-python3}
if ! "$python" -c 'import vulkan' 2>/dev/null; then
    environment=$PWD/target/vulkan-python
    [ -x "$environment/bin/python" ] || "$python" -m venv "$environment" || exit 2
    python=$environment/bin/python
    "$python" -c 'import vulkan' 2>/dev/null || "$python" -m pip install --quiet vulkan==1.3.275.1 || exit 2
fi
if [ -z "$folder" ]; then
    folder=$PWD/target/shaders
    rm -rf "$folder"
    # The build of tests/run.sh.
    export RUSTC_WORKSPACE_WRAPPER=$PWD/tests/clippy.sh
    export CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__
    PLATEAU_SHADERS=$folder cargo nextest run --release --locked --test kernels \
        -E 'test(the_pipelines_of_a_paper_step_are_left_for_the_compiler_of_a_real_driver)' || exit 2
fi

RADV_FORCE_FAMILY=navi21 VK_ICD_FILENAMES=$driver VK_DRIVER_FILES=$driver MESA_SHADER_CACHE_DISABLE=true "$python" - "$folder" <<'PYTHON'
import sys
from pathlib import Path

import vulkan as vk

# Waves that a SIMD of RDNA 2 has room for. RADV says twice as many where a wave has 32 lanes.
POSSIBLE = 16
# Most buffers of a shader, and one for its sizes.
BINDINGS = 9

files = sorted(Path(sys.argv[1]).glob("*.spv"))
if not files:
    print(f"shader_stats.sh: {sys.argv[1]} has no .spv", file=sys.stderr)
    sys.exit(2)
application = vk.VkApplicationInfo(apiVersion=vk.VK_MAKE_VERSION(1, 3, 0))
instance = vk.vkCreateInstance(vk.VkInstanceCreateInfo(pApplicationInfo=application), None)
card = vk.vkEnumeratePhysicalDevices(instance)[0]
device = vk.vkCreateDevice(card, vk.VkDeviceCreateInfo(
    pNext=vk.VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR(pipelineExecutableInfo=True),
    pQueueCreateInfos=[vk.VkDeviceQueueCreateInfo(queueFamilyIndex=0, pQueuePriorities=[1.0])],
    ppEnabledExtensionNames=["VK_KHR_pipeline_executable_properties"]), None)
statistics_of = vk.vkGetDeviceProcAddr(device, "vkGetPipelineExecutableStatisticsKHR")
bindings = [vk.VkDescriptorSetLayoutBinding(binding=number, descriptorType=vk.VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, descriptorCount=1,
                                            stageFlags=vk.VK_SHADER_STAGE_COMPUTE_BIT) for number in range(BINDINGS)]
sets = vk.vkCreateDescriptorSetLayout(device, vk.VkDescriptorSetLayoutCreateInfo(pBindings=bindings), None)
layout = vk.vkCreatePipelineLayout(device, vk.VkPipelineLayoutCreateInfo(pSetLayouts=[sets]), None)


def statistics(file):
    """What the driver says of a pipeline, by name."""
    code = file.read_bytes()
    module = vk.vkCreateShaderModule(device, vk.VkShaderModuleCreateInfo(codeSize=len(code), pCode=code), None)
    stage = vk.VkPipelineShaderStageCreateInfo(stage=vk.VK_SHADER_STAGE_COMPUTE_BIT, module=module, pName="main")
    wanted = vk.VkComputePipelineCreateInfo(flags=vk.VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR, stage=stage, layout=layout)
    pipeline = vk.vkCreateComputePipelines(device, None, 1, [wanted], None)
    pipeline = pipeline[0] if hasattr(pipeline, "__len__") else pipeline
    found = {}
    for one in statistics_of(device, vk.VkPipelineExecutableInfoKHR(pipeline=pipeline, executableIndex=0)):
        name = one.name if isinstance(one.name, str) else vk.ffi.string(one.name).decode()
        found[name] = one.value.u64
    return found


COLUMNS = [("VGPRs", "VGPRs"), ("SGPRs", "SGPRs"), ("spilled", None), ("scratch B", "Scratch size"), ("LDS B", "LDS size"), ("waves", None),
           ("code B", "Code size")]
print(f"{vk.vkGetPhysicalDeviceProperties(card).deviceName}: {len(files)} pipelines, at most {POSSIBLE} waves")
print(f"{'pipeline':<34}" + "".join(f"{name:>10}" for name, _ in COLUMNS))
faults = []
for file in files:
    found = statistics(file)
    found["spilled"] = found["Spilled VGPRs"] + found["Spilled SGPRs"]
    found["waves"] = min(found["Subgroups per SIMD"], POSSIBLE)
    print(f"{file.stem:<34}" + "".join(f"{found[key or name]:>10}" for name, key in COLUMNS), flush=True)
    if found["spilled"] or found["Scratch size"]:
        faults.append(f"{file.stem} spills {found['spilled']} registers, {found['Scratch size']} bytes")
    if 2 * found["waves"] < POSSIBLE:
        faults.append(f"{file.stem}: {found['waves']} of {POSSIBLE} waves")
for fault in faults:
    print(f"FAILED  {fault}")
sys.exit(1 if faults else 0)
PYTHON
